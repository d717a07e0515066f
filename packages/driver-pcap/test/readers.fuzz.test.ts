import { describe, expect, test } from '@jest/globals';
import { LunettaError } from '@lunetta/core';
import { MemorySink, PcapngWriter, PcapWriter } from '@lunetta/driver-pcap';
import fc from 'fast-check';
import { pcapBytes } from './support/pcap-bytes.js';
import { PcapngBytes, type OptionBytes } from './support/pcapng-bytes.js';
import { readAll, readGrowing, readStream, type ReadCapture } from './support/read-all.js';

/** Captures for each property; a failing one is printed with its seed: give that in LUNETTA_SEED to see it again. */
/** A case is a whole capture, read by both readers: it costs some forty times a frame. */
const RUNS = Math.ceil(Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 20_000) / 40);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);
const OPTIONS = { numRuns: RUNS, seed: SEED };

const BYTES = fc.array(fc.nat(255), { maxLength: 80 });
const WORD = fc.oneof(fc.nat(300), fc.constantFrom(0, 0x7fff_ffff, 0xffff_ffff, 262_144, 262_145, 1 << 20));

const CLASSIC = fc
  .record({
    isLittle: fc.boolean(),
    isNanoseconds: fc.boolean(),
    linkType: WORD,
    packets: fc.array(
      fc.record({ seconds: fc.nat(), fraction: fc.nat(999_999), bytes: BYTES, originalLength: fc.nat(2000) }),
      { maxLength: 6 },
    ),
  })
  .map(({ packets, ...file }) => pcapBytes(packets, file));

const OPTION_LIST: fc.Arbitrary<OptionBytes[]> = fc.array(fc.tuple(fc.nat(20), BYTES), { maxLength: 3 });

const BLOCK = fc.oneof(
  fc.record({
    kind: fc.constant('packet' as const),
    bytes: BYTES,
    options: OPTION_LIST,
    time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
  fc.record({
    kind: fc.constant('obsoletePacket' as const),
    bytes: BYTES,
    options: OPTION_LIST,
    time: fc.bigInt({ min: 0n, max: 2n ** 52n }),
  }),
  fc.record({ kind: fc.constant('simplePacket' as const), bytes: BYTES }),
  fc.record({ kind: fc.constant('iface' as const), options: OPTION_LIST }),
  fc.record({ kind: fc.constant('section' as const), isLittle: fc.boolean() }),
  fc.record({ kind: fc.constant('block' as const), type: fc.nat(9), bytes: BYTES, length: WORD }),
);

const PCAPNG = fc.tuple(fc.boolean(), fc.array(BLOCK, { maxLength: 8 })).map(([isLittle, blocks]) => {
  const capture = new PcapngBytes(isLittle).section().iface();
  for (const block of blocks) {
    if (block.kind === 'packet' || block.kind === 'obsoletePacket') capture[block.kind](block);
    else if (block.kind === 'simplePacket') capture.simplePacket(block.bytes);
    else if (block.kind === 'iface') capture.iface(block.options);
    else if (block.kind === 'section') capture.section(block.isLittle).iface();
    else capture.block(block.type, block.bytes, block.length);
  }
  return capture.bytes;
});

/** What wears a capture out: bytes changed, cut off, put in. */
const DAMAGE = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.nat(40) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), value: fc.nat(255) }),
  ),
  { maxLength: 4 },
);

const DAMAGED = fc.tuple(fc.oneof(CLASSIC, PCAPNG), DAMAGE).map(([bytes, damage]) => {
  const worn = [...bytes];
  for (const { kind, at, value } of damage) {
    const place = at % (worn.length + 1);
    if (kind === 'set') worn[place] = value;
    else if (kind === 'cut') worn.splice(place, value);
    else worn.splice(place, 0, value);
  }
  return Uint8Array.from(worn);
});

const ARBITRARY = fc
  .tuple(
    fc.constantFrom('', 'a1b2c3d4', 'd4c3b2a1', '4d3cb2a1', '0a0d0d0a1c0000004d3c2b1a'),
    fc.uint8Array({ maxLength: 400 }),
  )
  .map(([magic, rest]) => Uint8Array.from([...Buffer.from(magic, 'hex'), ...rest]));

const CAPTURE = fc.oneof(CLASSIC, PCAPNG, DAMAGED, ARBITRARY);
const PIECE = fc.integer({ min: 1, max: 200 });

/** What a reader may say of any bytes: packets that lie within them, one after the other, and at most one clear error. */
function check({ packets, failure }: ReadCapture, bytes: Uint8Array): void {
  let last = -1;
  for (const { offset, bytes: packet, timeUs } of packets) {
    expect(offset).toBeGreaterThan(last);
    expect(offset + packet.length).toBeLessThan(bytes.length);
    expect(Number.isInteger(timeUs)).toBe(true);
    last = offset;
  }
  if (failure === undefined) return;
  expect(failure).toBeInstanceOf(LunettaError);
  const [, offset] = /^capture: at byte (\d+): /.exec(failure.message) ?? [];
  expect(Number(offset)).toBeGreaterThan(last);
  expect(Number(offset)).toBeLessThanOrEqual(bytes.length);
}

describe(`readers of captures (LUNETTA_SEED=${SEED})`, () => {
  test('any bytes give packets and at most one error, however they come', () => {
    fc.assert(
      fc.property(CAPTURE, PIECE, (bytes, piece) => {
        const whole = readAll(bytes);
        check(whole, bytes);
        expect(readAll(bytes, piece)).toEqual(whole);
        expect(readGrowing(bytes, piece)).toEqual(whole);
      }),
      OPTIONS,
    );
  });

  test('our reader and pcap-parser agree on packets, and on where a capture goes wrong', async () => {
    const place = ({ failure }: ReadCapture): string | undefined => failure?.message.split(': ')[1];
    await fc.assert(
      fc.asyncProperty(CAPTURE, PIECE, async (bytes, piece) => {
        const ours = readAll(bytes);
        const theirs = await readStream(bytes, piece);
        expect(theirs.packets).toEqual(ours.packets);
        expect(place(theirs)).toBe(place(ours));
      }),
      OPTIONS,
    );
  });

  test('what we write is read as it was, to the microsecond', () => {
    const packets = fc.array(fc.tuple(fc.maxSafeNat(), fc.uint8Array({ maxLength: 600 })), { maxLength: 5 });
    const formats = fc.constantFrom(['pcapng', 'us'], ['pcapng', 'ns'], ['pcap', 'us'], ['pcap', 'ns'] as const);
    fc.assert(
      fc.property(packets, formats, (list, [format, resolution]) => {
        const latest = format === 'pcap' ? 2 ** 32 * 1e6 : 2 ** 52;
        const sink = new MemorySink();
        const writer = format === 'pcap' ? new PcapWriter(sink) : new PcapngWriter(sink);
        writer.addInterface({ resolution: resolution });
        for (const [time, bytes] of list) writer.writePacket(0, time % latest, bytes, 0, bytes.length);
        writer.close();
        const { packets: read, failure } = readAll(sink.bytes);
        expect(failure).toBeUndefined();
        expect(read.map(({ timeUs, bytes }) => [timeUs, bytes])).toEqual(
          list.map(([time, bytes]) => [time % latest, [...bytes]]),
        );
      }),
      OPTIONS,
    );
  });

  test('no length that a capture claims is taken for memory', () => {
    const { arrayBuffers } = process.memoryUsage();
    fc.assert(
      fc.property(WORD, fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x0a0d0d0a), (length, type) => {
        readAll(
          new PcapngBytes()
            .section()
            .iface()
            .block(type, [0, 0, 0, 0], length & ~3).bytes,
        );
        readAll(pcapBytes([{ seconds: 0, fraction: 0, bytes: [], capturedLength: length }]));
      }),
      { ...OPTIONS, numRuns: Math.min(RUNS, 200) },
    );
    // Each reader has a window of a megabyte, and the collector takes its time; a claimed length is up to 4 GiB.
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 30);
  });
});
