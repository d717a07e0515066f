import { describe, expect, test } from '@jest/globals';
import { CaptureReader, LiveBytes, Reading } from '@lunetta/driver-pcap';
import { PcapngBytes } from './support/pcapng-bytes.js';
import { readAll, readGrowing, readStream } from './support/read-all.js';

const [COMMENT, NAME, DESCRIPTION, TSRESOL, TSOFFSET] = [1, 2, 3, 9, 14];
const [FLAGS, HASH, DROPS] = [2, 3, 4];
const NOW_S = 1_700_000_000n;

function ok(capture: PcapngBytes): ReturnType<typeof readAll>['packets'] {
  const { packets, failure } = readAll(capture.bytes);
  expect(failure).toBeUndefined();
  return packets;
}

describe.each([
  ['little-endian', true],
  ['big-endian', false],
])('pcapng, %s', (_, isLittle) => {
  const capture = (): PcapngBytes => new PcapngBytes(isLittle).section();

  test('packets of several interfaces, each with its own link type and time', () => {
    const bytes = capture()
      .iface([[NAME, 'eth0']])
      .iface([[TSRESOL, [9]]], 113)
      .packet({ time: NOW_S * 1_000_000n + 7n, bytes: [1, 2, 3, 4, 5] })
      .packet({ iface: 1, time: NOW_S * 1_000_000_000n + 1999n, bytes: [6], originalLength: 60 });
    expect(ok(bytes)).toMatchObject([
      { iface: 0, linkType: 1, timeUs: 1.7e15 + 7, bytes: [1, 2, 3, 4, 5], originalLength: 5 },
      { iface: 1, linkType: 113, timeUs: 1.7e15 + 1, bytes: [6], originalLength: 60 },
    ]);
  });

  test.each([
    ['seconds', 0, NOW_S, 1.7e15],
    ['milliseconds', 3, NOW_S * 1000n + 5n, 1.7e15 + 5000],
    ['microseconds', 6, NOW_S * 1_000_000n + 5n, 1.7e15 + 5],
    ['ten millionths', 7, NOW_S * 10_000_000n + 59n, 1.7e15 + 5],
    ['nanoseconds', 9, NOW_S * 1_000_000_000n + 999_999_999n, 1.7e15 + 999_999],
    ['nanoseconds, the last before a word overflows', 9, 0xffff_ffffn, 4_294_967],
    ['nanoseconds, the first after a word overflowed', 9, 0x1_0000_0000n, 4_294_967],
    ['ten billionths', 10, NOW_S * 10_000_000_000n + 10_000n, 1.7e15 + 1],
    ['picoseconds', 12, 5_000_000_999_999n, 5_000_000],
    ['2^-10 s', 0x80 | 10, NOW_S * 1024n + 512n, 1.7e15 + 500_000],
    ['2^-20 s', 0x80 | 20, (NOW_S << 20n) + 1n, 1.7e15],
    ['2^-32 s', 0x80 | 32, (NOW_S << 32n) + 0xffff_ffffn, 1.7e15 + 999_999],
    ['2^0 s', 0x80, NOW_S, 1.7e15],
    ['less than any clock has', 0xff, 2n ** 63n, 0],
  ])('time stamps in %s (if_tsresol)', (_name, resolution, time, timeUs) => {
    const bytes = capture()
      .iface([[TSRESOL, [resolution]]])
      .packet({ time, bytes: [1] });
    expect(ok(bytes)[0].timeUs).toBe(timeUs);
  });

  test('if_tsoffset is added in seconds, and may be negative', () => {
    const offset = (seconds: bigint): PcapngBytes => {
      const bytes = capture();
      return bytes.iface([[TSOFFSET, bytes.u64(seconds)]]).packet({ time: 5_000_000n, bytes: [1] });
    };
    expect(ok(offset(NOW_S))[0].timeUs).toBe(1.7e15 + 5e6);
    expect(ok(offset(-3n))[0].timeUs).toBe(2e6);
  });

  test('simple packets: of the first interface, cut by its snap length, at the time of the packet before', () => {
    const bytes = capture()
      .iface([], 1, 4)
      .iface([], 113)
      .simplePacket([1, 2, 3])
      .packet({ iface: 1, time: 77n, bytes: [9] })
      .simplePacket([1, 2, 3, 4], 1500);
    expect(ok(bytes)).toMatchObject([
      { iface: 0, linkType: 1, timeUs: 0, bytes: [1, 2, 3], originalLength: 3 },
      { iface: 1, timeUs: 77 },
      { iface: 0, linkType: 1, timeUs: 77, bytes: [1, 2, 3, 4], originalLength: 1500 },
    ]);
  });

  test('a snap length of 0 cuts nothing', () => {
    expect(ok(capture().iface([], 1, 0).simplePacket([1, 2, 3, 4, 5]))[0].bytes).toEqual([1, 2, 3, 4, 5]);
  });

  test('the obsolete packet block', () => {
    const bytes = capture()
      .iface()
      .iface([], 113)
      .obsoletePacket({ iface: 1, time: 3n, bytes: [1, 2], options: [[COMMENT, 'old']] });
    expect(ok(bytes)).toMatchObject([{ iface: 1, linkType: 113, timeUs: 3, bytes: [1, 2], comment: 'old' }]);
  });

  test('options of a packet are kept: comments, direction, numbers, hashes, those that nobody knows', () => {
    const bytes = capture().iface();
    const options: [number, string | number[]][] = [
      [COMMENT, 'first \u00fc'],
      [FLAGS, bytes.u32(2)],
      [HASH, [2, 0xde, 0xad, 0xbe, 0xef]],
      [DROPS, bytes.u64(258n)],
      [COMMENT, 'second'],
      [0x8001, [1, 2, 3]],
    ];
    const [packet] = ok(bytes.packet({ bytes: [1], options }).packet({ bytes: [2] }));
    expect(packet).toMatchObject({ direction: 'out', comment: 'first \u00fc' });
    expect(packet.options.map(({ code, value }) => [code, ...value])).toEqual([
      [COMMENT, ...new TextEncoder().encode('first \u00fc')],
      [FLAGS, 2, 0, 0, 0],
      [HASH, 2, 0xde, 0xad, 0xbe, 0xef],
      [DROPS, 2, 1, 0, 0, 0, 0, 0, 0],
      [COMMENT, ...new TextEncoder().encode('second')],
      [0x8001, 1, 2, 3],
    ]);
  });

  test('a packet without options has not those of the one before', () => {
    const bytes = capture().iface();
    bytes.packet({
      bytes: [1],
      options: [
        [COMMENT, 'mine'],
        [FLAGS, bytes.u32(1)],
      ],
    });
    expect(ok(bytes.packet({ bytes: [2] }).simplePacket([3]))).toMatchObject([
      { comment: 'mine', direction: 'in' },
      { comment: undefined, direction: undefined, options: [] },
      { comment: undefined, direction: undefined, options: [] },
    ]);
  });

  test('what is said of interfaces can be asked for', () => {
    const source = new LiveBytes('capture');
    const bytes = capture();
    const options: [number, string | number[]][] = [
      [NAME, 'eth0'],
      [DESCRIPTION, 'to the lab'],
      [8, bytes.u64(1_000_000_000n)],
    ];
    source.push(bytes.iface(options, 1, 96).iface().packet({ bytes: [] }).bytes);
    const reader = new CaptureReader(source);
    expect(reader.interfaces).toEqual([]);
    expect(reader.next()).toBe(Reading.PACKET);
    expect(reader.interfaces).toMatchObject([
      { name: 'eth0', description: 'to the lab', linkType: 1, snapLength: 96 },
      { name: undefined, description: undefined, snapLength: 262_144 },
    ]);
    expect(reader.interfaces[0].options[2]).toEqual({ code: 8, value: Uint8Array.of(0, 0xca, 0x9a, 0x3b, 0, 0, 0, 0) });
  });

  test('blocks of other types are passed over, also those longer than all that is read at once', () => {
    const long = new Array<number>(1_500_000).fill(0xee);
    const bytes = capture()
      .block(0x0bad, [1, 2, 3, 4])
      .iface()
      .block(5, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]) // interface statistics
      .packet({ bytes: [1] })
      .block(4, long) // name resolution
      .block(0x8000_0001, long)
      .packet({ bytes: [2] });
    const whole = readAll(bytes.bytes);
    expect(whole).toMatchObject({ packets: [{ bytes: [1] }, { bytes: [2] }], failure: undefined });
    expect(readGrowing(bytes.bytes, 400_001)).toEqual(whole);
  });

  test('a new section has a byte order and interfaces of its own', () => {
    const bytes = capture()
      .iface([[NAME, 'old']], 113)
      .packet({ time: 1n, bytes: [1] })
      .section(!isLittle, [[COMMENT, 'the other way round']])
      .iface()
      .packet({ time: 2n, bytes: [2] });
    expect(ok(bytes)).toMatchObject([
      { linkType: 113, timeUs: 1, bytes: [1] },
      { linkType: 1, timeUs: 2, bytes: [2] },
    ]);
    const missing = readAll(bytes.section(isLittle).packet({ bytes: [3] }).bytes);
    expect(missing.packets).toHaveLength(2);
    expect(missing.failure?.message).toMatch(/a packet of interface 0, which the capture does not describe$/);
  });

  test.each([1, 5, 12, 33])('comes in pieces of %d bytes', async (piece) => {
    const { bytes } = capture()
      .iface([[NAME, 'eth0']])
      .packet({ time: 1n, bytes: [1, 2, 3, 4, 5], options: [[COMMENT, 'x']] })
      .block(99, [0, 0, 0, 0])
      .simplePacket([6, 7])
      .section(!isLittle)
      .iface()
      .packet({ bytes: [8] });
    const whole = readAll(bytes);
    expect(whole.packets).toHaveLength(3);
    expect(readAll(bytes, piece)).toEqual(whole);
    expect(readGrowing(bytes, piece)).toEqual(whole);
    expect(await readStream(bytes, piece)).toEqual(whole);
  });
});
