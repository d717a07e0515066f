import { describe, expect, test } from '@jest/globals';
import { LunettaError } from '@lunetta/core';
import { pcapBytes, type ClassicFile, type ClassicPacket } from './support/pcap-bytes.js';
import { PcapngBytes } from './support/pcapng-bytes.js';
import { readAll, readGrowing, readStream, type ReadCapture } from './support/read-all.js';

const PACKET = { seconds: 1, fraction: 2, bytes: [1, 2, 3, 4, 5] };
const COMMENT = 1;

/** What each of the ways to read a capture makes of it, which must be the same. */
async function read(bytes: Uint8Array): Promise<ReadCapture> {
  const whole = readAll(bytes);
  for (const other of [readGrowing(bytes, 9), await readStream(bytes, 9)]) {
    expect(other.packets).toEqual(whole.packets);
    expect(offsetOf(other.failure)).toBe(offsetOf(whole.failure));
  }
  return whole;
}

/** The offset that an error names; it must be one of a capture. */
function offsetOf(failure: Error | undefined): number | undefined {
  if (failure === undefined) return undefined;
  expect(failure).toBeInstanceOf(LunettaError);
  expect((failure as LunettaError).code).toBe('LUNETTA_ERR_CAPTURE');
  const [, offset] = /^capture: at byte (\d+): \S/.exec(failure.message) ?? [];
  return Number(offset);
}

/** A capture, and where a file may end: after its header and after each record or block. */
interface Whole {
  readonly bytes: Uint8Array;
  readonly ends: readonly number[];
}

function classic(file: ClassicFile): Whole {
  const packets = [PACKET, { ...PACKET, bytes: [] }, { ...PACKET, bytes: [6, 7] }];
  return { bytes: pcapBytes(packets, file), ends: packets.map((_, i) => pcapBytes(packets.slice(0, i), file).length) };
}

function pcapng(isLittle: boolean): Whole {
  const capture = new PcapngBytes(isLittle);
  const ends: number[] = [];
  const steps = [
    () => capture.section(isLittle, [[COMMENT, 'a section']]),
    () => capture.iface(),
    () => capture.packet({ bytes: PACKET.bytes, options: [[COMMENT, 'a packet']] }),
    () => capture.block(77, [1, 2, 3, 4]),
    () => capture.simplePacket([6, 7]),
  ];
  for (const step of steps) ends.push(step().length);
  return { bytes: capture.bytes, ends };
}

describe('a capture that is cut', () => {
  test.each([
    ['classic, little-endian', classic({ isLittle: true })],
    ['classic, big-endian', classic({ isLittle: false })],
    ['classic, nanoseconds', classic({ isNanoseconds: true })],
    ['pcapng, little-endian', pcapng(true)],
    ['pcapng, big-endian', pcapng(false)],
  ])('at any byte gives what was whole, then the offset of what is not: %s', async (_, { bytes, ends }) => {
    const { packets } = readAll(bytes);
    for (let length = 1; length < bytes.length; length++) {
      const cut = await read(bytes.subarray(0, length));
      const begun = Math.max(0, ...ends.filter((end) => end <= length));
      expect({ length, offset: offsetOf(cut.failure) }).toEqual({
        length,
        offset: ends.includes(length) ? undefined : begun,
      });
      expect(cut.packets).toEqual(packets.filter(({ offset }) => ends.find((end) => end > offset)! <= length));
    }
  });

  test('says how much of what is missing', () => {
    const { bytes } = classic({});
    expect(readAll(bytes.subarray(0, 42)).failure?.message).toBe(
      'capture: at byte 24: the file ends within a packet: 18 of 21 bytes are there',
    );
    expect(readAll(bytes.subarray(0, 30)).failure?.message).toBe(
      "capture: at byte 24: the file ends within a packet's header: 6 of 16 bytes are there",
    );
    expect(readAll(pcapng(true).bytes.subarray(0, 40)).failure?.message).toBe(
      'capture: at byte 0: the file ends within a block: 40 of 48 bytes are there',
    );
  });

  test('within a block so long that it is passed over in pieces', async () => {
    const long = new PcapngBytes()
      .section()
      .iface()
      .packet({ bytes: [1] });
    const begin = long.length;
    long.block(4, new Array<number>(1_200_000).fill(7));
    for (const length of [begin + 12, begin + 600_000, long.length - 4, long.length - 1]) {
      const { packets, failure } = readAll(long.bytes.subarray(0, length));
      expect(packets).toHaveLength(1);
      expect(failure?.message).toBe(
        `capture: at byte ${begin}: the file ends within a block: ${length - begin - (length % 4 === 0 ? 0 : 3)} of 1200012 bytes are there`,
      );
    }
  });
});

describe('a capture that is no capture', () => {
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);

  test.each([
    ['nothing', new Uint8Array(0), 'is empty: no capture begins with nothing'],
    ['three bytes', Uint8Array.of(0xa1, 0xb2, 0xc3), 'is too short for a capture'],
    [
      'text',
      text('hello, world'),
      /^begins with 68656c6c, which is neither pcap nor pcapng; save it as one of the two/,
    ],
    ['a modified pcap', Uint8Array.of(0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0), /^begins with 34cdb2a1, which is neither/],
    ['a gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0), /^begins with 1f8b0800, which is neither/],
    [
      'half a section header',
      new PcapngBytes().section().bytes.subarray(0, 11),
      /^the file ends within a block: 11 of/,
    ],
    [
      'a section header without its magic',
      new PcapngBytes().section().bytes.fill(0, 8, 12),
      'a section header without its byte-order magic',
    ],
    ['pcapng 2', new PcapngBytes().section(true, [], 2).bytes, 'version 2 of pcapng; 1 is the one in use'],
    ['pcap 3.0', pcapBytes([PACKET], { version: [3, 0] }), /version 3\.0/],
    ['pcap 2.5', pcapBytes([PACKET], { version: [2, 5] }), 'version 2.5 of the format; 2.4 is the one in use'],
  ])('%s', async (_, bytes, message) => {
    const { packets, failure } = await read(bytes);
    expect(packets).toEqual([]);
    expect(offsetOf(failure)).toBe(0);
    const what = failure!.message.replace('capture: at byte 0: ', '');
    if (typeof message === 'string') expect(what).toBe(message);
    else expect(what).toMatch(message);
  });
});

describe('absurd lengths', () => {
  const good: ClassicPacket = PACKET;

  test.each([262_145, 0x7fff_ffff, 0xffff_ffff])('a classic packet of %d bytes', async (capturedLength) => {
    for (const isLittle of [true, false]) {
      const { packets, failure } = await read(pcapBytes([good, { ...PACKET, capturedLength }], { isLittle }));
      expect(packets).toHaveLength(1);
      expect(offsetOf(failure)).toBe(45);
      expect(failure?.message).toContain(`a packet of ${capturedLength} bytes; no more than 262144 are possible`);
    }
  });

  test('the longest packet there is', async () => {
    const bytes = new Array<number>(262_144).fill(5);
    expect((await read(pcapBytes([{ ...PACKET, bytes }]))).packets[0].bytes).toHaveLength(262_144);
    const capture = new PcapngBytes().section().iface().packet({ bytes });
    expect(readAll(capture.bytes).packets[0].bytes).toHaveLength(262_144);
  });

  const capture = (): PcapngBytes =>
    new PcapngBytes()
      .section()
      .iface()
      .packet({ bytes: [1] });
  const header = (...words: number[]): number[] => words.flatMap((word) => new PcapngBytes().u32(word));
  const big = 2 << 20;

  test.each([
    ['a block of no length', capture().block(7, [], 0), /^a block of 0 bytes; it must be a multiple of 4, 12 at least/],
    ['a block of 14 bytes', capture().block(7, [0, 0], 14), /^a block of 14 bytes/],
    ['two lengths', capture().block(7, [0, 0, 0, 0], 16, 20), 'a block of 16 bytes that says 20 at its end'],
    ['two lengths, long', capture().block(7, new Array<number>(big).fill(0), big + 12, 12), /that says 12 at its end$/],
    [
      'a packet block of 2 GiB',
      capture().block(6, [], 0x7fff_fffc),
      /more than 1048576 cannot be: the file is damaged$/,
    ],
    ['a block of 4 GiB', capture().block(7, [], 0xffff_fffc), /^the file ends within a block: 12 of 4294967292 bytes/],
    ['a packet block of 16 bytes', capture().block(6, [0, 0, 0, 0]), /^a packet block of 16 bytes; it has 32 at least/],
    ['a simple packet of 12 bytes', capture().block(3, []), /^a simple packet block of 12 bytes; it has 16 at least/],
    ['a short interface', capture().block(1, []), /^an interface description of 12 bytes; it has 20 at least/],
    ['a short section', capture().block(0x0a0d0d0a, header(0x1a2b3c4d)), /^a section header of 16 bytes; it has 28/],
    [
      'a packet longer than its block',
      capture().block(6, header(0, 0, 0, 5, 5, 0)),
      'a packet of 5 bytes in a block of 36',
    ],
    ['a packet of 4 GiB', capture().block(6, header(0, 0, 0, 0xffff_ffff, 0, 0)), /^a packet of 4294967295 bytes/],
    ['a simple packet longer than its block', capture().simplePacket([1], 9), 'a packet of 9 bytes in a block of 20'],
    [
      'a packet of no interface',
      capture().packet({ iface: 1, bytes: [] }),
      /^a packet of interface 1, which the capture/,
    ],
    [
      'an option outside',
      capture().block(6, header(0, 0, 0, 0, 0, 0x0009_0001)),
      /^an option of 9 bytes that ends outside/,
    ],
    [
      'a time stamp of no year',
      capture().packet({ time: 2n ** 63n, bytes: [] }),
      /^a time stamp of after the year 2112/,
    ],
  ])('pcapng: %s', async (_, damaged, message) => {
    const { packets, failure } = await read(damaged.bytes);
    expect(packets).toHaveLength(1);
    expect(offsetOf(failure)).toBe(capture().length);
    const what = failure!.message.replace(/^capture: at byte \d+: /, '');
    if (typeof message === 'string') expect(what).toBe(message);
    else expect(what).toMatch(message);
  });

  test('pcapng: a packet before any section', async () => {
    const section = new PcapngBytes().section();
    const { failure } = await read(section.bytes.fill(0x0b, 0, 4));
    expect(failure?.message).toMatch(/^capture: at byte 0: begins with 0b0b0b0b/);
  });

  test('pcapng: interfaces without end are refused, be they many or long', () => {
    const many = new PcapngBytes().section();
    for (let i = 0; i < 4097; i++) many.iface();
    expect(readAll(many.bytes).failure?.message).toMatch(/more than 4096 interfaces, or 4194304 bytes about them$/);
    const long = new PcapngBytes().section();
    const comments = Array.from({ length: 16 }, () => [COMMENT, new Array<number>(60_000).fill(0x20)] as const);
    for (let i = 0; i < 5; i++) long.iface(comments);
    expect(readAll(long.bytes).failure?.message).toMatch(/more than 4096 interfaces, or 4194304 bytes about them$/);
  });
});
