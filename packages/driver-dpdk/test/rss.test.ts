import { describe, expect, test } from '@jest/globals';
import { IndirectionTable } from '../src/rss/indirection-table.js';
import { KEY_LENGTH, Toeplitz } from '../src/rss/toeplitz.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** Key, flows and hashes that Microsoft publishes ("Verifying the RSS hash calculation"). */
const KEY = bytes('6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa');
const IPV4_FLOWS = [
  ['66.9.149.187', 2794, '161.142.100.80', 1766, 0x323e8fc2, 0x51ccc178],
  ['199.92.111.2', 14230, '65.69.140.83', 4739, 0xd718262a, 0xc626b0ea],
  ['24.19.198.95', 12898, '12.22.207.184', 38024, 0xd2d0a5de, 0x5c2b394a],
  ['38.27.205.30', 48228, '209.142.163.6', 2217, 0x82989176, 0xafc7327f],
  ['153.39.163.191', 44251, '202.188.127.2', 1303, 0x5d1809c5, 0x10e828a2],
] as const;
const IPV6_FLOWS = [
  ['3ffe250102001fff0000000000000007', 2794, '3ffe2501020000030000000000000001', 1766, 0x2cc18cd5, 0x40207d3d],
  ['3ffe050100080000026097fffe40efab', 14230, 'ff020000000000000000000000000001', 4739, 0x0f0c461c, 0xdde51bbf],
  ['3ffe1900454500030200f8fffe2167cf', 44251, 'fe800000000000000200f8fffe2167cf', 38024, 0x4b61e985, 0x02d1feef],
] as const;

const ip = (text: string): number => new DataView(Uint8Array.from(text.split('.').map(Number)).buffer).getInt32(0);
const port = (number: number): string => number.toString(16).padStart(4, '0');

describe('the Toeplitz hash', () => {
  const toeplitz = new Toeplitz(KEY);

  test.each(IPV4_FLOWS)('%s:%d to %s:%d hashes as Microsoft has it', (src, srcPort, dst, dstPort, alone, withPorts) => {
    expect(toeplitz.ipv4(ip(src), ip(dst))).toBe(alone | 0);
    expect(toeplitz.ipv4Ports(ip(src), ip(dst), srcPort, dstPort)).toBe(withPorts | 0);
  });

  test.each(IPV6_FLOWS)('%s:%d to %s:%d hashes as Microsoft has it', (src, srcPort, dst, dstPort, alone, withPorts) => {
    expect(toeplitz.hash(bytes(src + dst))).toBe(alone | 0);
    expect(toeplitz.hash(bytes(src + dst + port(srcPort) + port(dstPort)))).toBe(withPorts | 0);
  });

  test('only the first 40 bytes of a longer key count', () => {
    const longer = new Uint8Array([...KEY, ...Array<number>(12).fill(0xff)]);
    expect(new Toeplitz(longer).hash(bytes('ff'.repeat(36)))).toBe(toeplitz.hash(bytes('ff'.repeat(36))));
  });

  test('a shorter key is refused', () => {
    expect(() => new Toeplitz(KEY.subarray(1))).toThrow(`an RSS key has ${KEY_LENGTH} bytes or more, not 39`);
  });
});

describe('the indirection table', () => {
  test('the last bits of the hash choose the place, there stands the queue', () => {
    const table = new IndirectionTable([3, 1, 2, 0]);
    expect([0, 1, 2, 3, 4, 0x7ffffffe, 0x80000001 | 0, -1].map((hash) => table.queueOf(hash))).toEqual([
      3, 1, 2, 0, 3, 2, 1, 0,
    ]);
  });

  test('drivers begin with all queues in turn', () => {
    const table = IndirectionTable.even(128, 3);
    expect([0, 1, 2, 3, 126, 127].map((hash) => table.queueOf(hash))).toEqual([0, 1, 2, 0, 0, 1]);
  });

  test.each([0, 3, 127])('%d places are refused', (places) => {
    expect(() => IndirectionTable.even(places, 2)).toThrow(`a power of two of places, not ${places}`);
  });
});
