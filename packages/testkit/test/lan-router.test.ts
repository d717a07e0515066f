import { describe, expect, test } from '@jest/globals';
import type { PingResult } from '@lunetta/core';
import {
  ethernet,
  ipv4,
  type LanHost,
  type PacketBuilder,
  readPacket,
  type Router,
  type Station,
  type VirtualLan,
  withLan,
} from '@lunetta/testkit';

async function ping(lan: VirtualLan, from: LanHost, to: string): Promise<PingResult> {
  const result = new Promise<PingResult>((resolve) => void from.stack.ping(to, {}, resolve));
  await lan.advance('10s');
  return result;
}

describe('hosts beyond a router', () => {
  test('reach each other through two of them, each takes one of the TTL', () =>
    withLan({}, async (lan) => {
      const a = lan.host('a', '10.0.1.1/24', { gateway: '10.0.1.254' });
      const b = lan.host('b', '10.0.3.1/24', { gateway: '10.0.3.254' });
      const first = lan.router(
        'r1',
        { left: '10.0.1.254/24', right: '10.0.2.1/24' },
        { routes: { '10.0.3.0/24': '10.0.2.2' } },
      );
      const second = lan.router(
        'r2',
        { left: '10.0.2.2/24', right: '10.0.3.254/24' },
        { routes: { '0.0.0.0/0': '10.0.2.1' } },
      );
      lan.cable(a, first.jack('left'));
      lan.cable(first.jack('right'), second.jack('left'), { delay: '10ms' });
      lan.cable(second.jack('right'), b);
      await lan.advance('1s');
      expect(await ping(lan, a, '10.0.3.1')).toMatchObject({ error: undefined, ttl: 62, rttUs: 40_000 });
      expect(await ping(lan, a, '10.0.3.1')).toMatchObject({ error: undefined, ttl: 62, rttUs: 20_000 });
      expect([first.counts.forwarded, second.counts.forwarded]).toEqual([4, 4]);
      expect(await ping(lan, a, '10.0.1.254')).toMatchObject({ error: undefined });
    }));
});

/** A router between two stations of the test, whose answers to ARP are given by hand. */
function twoSides(lan: VirtualLan) {
  const router = lan.router('r', { left: '10.0.1.254/24', right: { address: '10.0.2.254/24', mtu: 600 } });
  const [left, right] = [lan.station('left', '02:00:00:00:00:aa'), lan.station('right', '02:00:00:00:00:bb')];
  lan.cable(left, router);
  lan.cable(right, router);
  return { router, left, right };
}

function introduce(station: Station, senderIp: string, targetIp: string): void {
  station.send(ethernet({ dst: 'ff:ff:ff:ff:ff:ff', src: station.mac }).arp({ senderIp, targetIp }));
}

const LEFT_MAC = '02:00:00:00:00:01';

/** Both stations have introduced themselves; then `datagram` comes from the left. @returns what both heard */
async function through(
  lan: VirtualLan,
  datagram: PacketBuilder,
): Promise<{ left: Uint8Array[]; right: Uint8Array[]; router: Router }> {
  const { left, right, router } = twoSides(lan);
  introduce(left, '10.0.1.1', '10.0.1.254');
  introduce(right, '10.0.2.1', '10.0.2.254');
  await lan.advance('1ms');
  expect(left.heard()).toMatchObject([
    { ethernet: { dst: left.mac }, arp: { operation: 'reply', senderMac: LEFT_MAC, senderIp: '10.0.1.254' } },
  ]);
  right.receive();
  left.send(ethernet({ dst: LEFT_MAC, src: left.mac }).payload(datagram.bytes()));
  await lan.advance('1ms');
  return { left: left.receive(), right: right.receive(), router };
}

const addresses = { src: '10.0.1.1', dst: '10.0.2.1' };

describe('a router', () => {
  test('passes a datagram on with one less of TTL and a right checksum, all else as it was', () =>
    withLan({}, async (lan) => {
      const payload = Uint8Array.from({ length: 100 }, (_, i) => i);
      const datagram = ipv4({ ...addresses, protocol: 200, ttl: 9, tos: 8, id: 77 }).payload(payload);
      const { left, right } = await through(lan, datagram);
      expect(left).toEqual([]);
      const expected = ipv4({ ...addresses, protocol: 200, ttl: 8, tos: 8, id: 77 }).payload(payload);
      expect(right).toEqual([
        ethernet({ dst: '02:00:00:00:00:bb', src: '02:00:00:00:00:02' }).payload(expected.bytes()).bytes(),
      ]);
    }));

  test('tells the sender when the TTL is used up', () =>
    withLan({}, async (lan) => {
      const { left, right, router } = await through(lan, ipv4({ ...addresses, ttl: 1 }).payload(new Uint8Array(30)));
      expect(right).toEqual([]);
      expect(left.map(readPacket)).toMatchObject([
        { ipv4: { src: '10.0.1.254', dst: '10.0.1.1' }, icmp: { type: 11, code: 0 } },
      ]);
      expect(router.counts.ttlExceeded).toBe(1);
    }));

  test('tells the sender that there is no way', () =>
    withLan({}, async (lan) => {
      const { left, router } = await through(lan, ipv4({ ...addresses, dst: '192.0.2.1' }).payload(new Uint8Array(30)));
      expect(left.map(readPacket)).toMatchObject([{ icmp: { type: 3, code: 0 } }]);
      expect(router.counts.noRoute).toBe(1);
    }));

  test('tells the MTU of the way on for what is not to be cut', () =>
    withLan({}, async (lan) => {
      const { left, router } = await through(
        lan,
        ipv4({ ...addresses, dontFragment: true }).payload(new Uint8Array(581)),
      );
      expect(left.map(readPacket)).toMatchObject([{ icmp: { type: 3, code: 4, rest: 600 } }]);
      expect(router.counts.fragmentationNeeded).toBe(1);
    }));

  test('cuts what may be cut, options in every fragment that are to be there', () =>
    withLan({}, async (lan) => {
      const payload = Uint8Array.from({ length: 1400 }, (_, i) => i);
      const options = Uint8Array.of(0x94, 4, 0, 0, 0x07, 3, 4, 0); // router alert is copied, an empty record route is not
      const { right } = await through(lan, ipv4({ ...addresses, options, ttl: 5, id: 9 }).payload(payload));
      const datagrams = right.map((frame) => frame.subarray(14));
      const headers = datagrams.map(({ 0: first }) => (first & 15) * 4);
      expect(headers).toEqual([28, 24, 24]);
      expect(datagrams.map(({ length }) => length)).toEqual([28 + 568, 24 + 576, 24 + 256]);
      expect(datagrams.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint16(6))).toEqual([
        0x2000,
        0x2000 | (568 / 8),
        (568 + 576) / 8,
      ]);
      expect(Buffer.concat(datagrams.map((bytes, i) => bytes.subarray(headers[i])))).toEqual(Buffer.from(payload));
    }));

  test('asks three times for a next hop, then tells the sender, and does not answer an error with an error', () =>
    withLan({}, async (lan) => {
      const { left, right, router } = twoSides(lan);
      introduce(left, '10.0.1.1', '10.0.1.254');
      left.send(ethernet({ dst: LEFT_MAC, src: left.mac }).ipv4(addresses).payload(new Uint8Array(30)));
      const unreachable = ipv4({ ...addresses, protocol: 1 }).payload(Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0));
      left.send(ethernet({ dst: LEFT_MAC, src: left.mac }).payload(unreachable.bytes()));
      await lan.advance('2999ms');
      expect(right.heard().map(({ arp }) => arp?.targetIp)).toEqual(['10.0.2.1', '10.0.2.1', '10.0.2.1']);
      left.receive();
      await lan.advance('1ms');
      expect(left.heard()).toMatchObject([{ icmp: { type: 3, code: 1 } }]);
      expect(router.counts.unreachable).toBe(2);
    }));

  test('passes no frame on that is damaged, for others, or for a group', () =>
    withLan({}, async (lan) => {
      const { left, right, router } = twoSides(lan);
      introduce(right, '10.0.2.1', '10.0.2.254');
      await lan.advance('1ms');
      right.receive();
      const good = ipv4(addresses).payload(new Uint8Array(30)).bytes();
      const frames = [
        ethernet({ dst: '02:00:00:00:00:99', src: left.mac }).payload(good),
        ethernet({ dst: 'ff:ff:ff:ff:ff:ff', src: left.mac }).payload(good),
        ethernet({ dst: LEFT_MAC, src: left.mac, type: 0x86dd }).payload(good),
        ethernet({ dst: LEFT_MAC, src: left.mac }).payload(good).bytes().subarray(0, 13),
      ];
      const broken = [
        ipv4({ ...addresses, checksum: 1 }).payload(new Uint8Array(30)),
        ipv4({ ...addresses, version: 5 }).payload(new Uint8Array(30)),
        ipv4({ ...addresses, totalLength: 51 }).payload(new Uint8Array(30)),
        ipv4({ ...addresses, headerLength: 16 }).payload(new Uint8Array(30)),
      ];
      left.send(
        ...frames,
        ...broken.map((datagram) => ethernet({ dst: LEFT_MAC, src: left.mac }).payload(datagram.bytes())),
      );
      await lan.advance('1s');
      expect(right.receive()).toEqual([]);
      expect(router.counts).toMatchObject({ ignored: 4, malformed: 4, forwarded: 0 });
    }));

  test('is refused with networks and routes that cannot be', () =>
    withLan({}, (lan) => {
      expect(() => lan.router('r1', { left: '10.0.0.1' })).toThrow(/'10.0.0.1' is no address with prefix length/);
      expect(() => lan.router('r2', { left: { address: '10.0.0.1/24', mtu: 60 } })).toThrow(/MTU of 60; give 68/);
      expect(() => lan.router('r3', { left: '10.0.0.1/24' }, { routes: { '0.0.0.0/0': '10.0.1.1' } })).toThrow(
        /on no network/,
      );
    }));
});
