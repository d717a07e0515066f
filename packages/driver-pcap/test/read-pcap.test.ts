import { describe, expect, test } from '@jest/globals';
import { pcapBytes } from './support/pcap-bytes.js';
import { readAll, readGrowing, readStream } from './support/read-all.js';

const SECONDS = 1_700_000_000;
const PACKETS = [
  { seconds: SECONDS, fraction: 999_999, bytes: [1, 2, 3] },
  { seconds: SECONDS + 1, fraction: 0, bytes: [], originalLength: 60 },
  { seconds: 0xffff_ffff, fraction: 5, bytes: Array.from({ length: 300 }, (_, i) => i & 255), originalLength: 1500 },
];

describe.each([
  ['little-endian', true],
  ['big-endian', false],
])('a classic capture, %s', (_, isLittle) => {
  test('with microseconds', () => {
    expect(readAll(pcapBytes(PACKETS, { isLittle }))).toMatchObject({
      failure: undefined,
      packets: [
        { timeUs: SECONDS * 1e6 + 999_999, bytes: [1, 2, 3], originalLength: 3, linkType: 1, offset: 24 },
        { timeUs: (SECONDS + 1) * 1e6, bytes: [], originalLength: 60, offset: 43 },
        { timeUs: 0xffff_ffff * 1e6 + 5, bytes: PACKETS[2].bytes, originalLength: 1500, offset: 59 },
      ],
    });
  });

  test('with nanoseconds: rounded down to microseconds', () => {
    const packets = [0, 999, 1000, 999_999_999].map((fraction) => ({ seconds: SECONDS, fraction, bytes: [7] }));
    const { packets: read, failure } = readAll(pcapBytes(packets, { isLittle, isNanoseconds: true }));
    expect(failure).toBeUndefined();
    expect(read.map(({ timeUs }) => timeUs - SECONDS * 1e6)).toEqual([0, 0, 1, 999_999]);
  });

  test('its link type, without what stands beside it of a frame check sequence', () => {
    const bytes = pcapBytes(PACKETS.slice(0, 1), { isLittle, linkType: 0x1400_0071 });
    expect(readAll(bytes).packets[0].linkType).toBe(0x71);
  });

  test.each([1, 7, 16, 100])('comes in pieces of %d bytes', async (piece) => {
    for (const isNanoseconds of [false, true]) {
      const bytes = pcapBytes(PACKETS, { isLittle, isNanoseconds });
      const whole = readAll(bytes);
      expect(whole.packets).toHaveLength(3);
      expect(readAll(bytes, piece)).toEqual(whole);
      expect(readGrowing(bytes, piece)).toEqual(whole);
      expect(await readStream(bytes, piece)).toEqual(whole);
    }
  });

  test('without a packet is whole', async () => {
    const bytes = pcapBytes([], { isLittle });
    expect(readAll(bytes)).toEqual({ packets: [], failure: undefined });
    expect(await readStream(bytes)).toEqual({ packets: [], failure: undefined });
  });
});

test('pcap-parser reads the same packets in a long capture', async () => {
  const packets = Array.from({ length: 20_000 }, (_, i) => ({
    seconds: i,
    fraction: i,
    bytes: Array.from({ length: i % 97 }, (__, j) => (i + j) & 255),
    originalLength: 100,
  }));
  const bytes = pcapBytes(packets);
  const ours = readAll(bytes);
  expect(ours.packets.map((packet) => packet.bytes)).toEqual(packets.map((packet) => packet.bytes));
  expect(await readStream(bytes)).toEqual(ours);
});
