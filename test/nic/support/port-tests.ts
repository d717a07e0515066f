import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import {
  checksum,
  ipv4,
  ipv4Address,
  RX_HASH,
  RX_IP_CHECKSUM_BAD,
  RX_IP_CHECKSUM_GOOD,
  RX_L4_CHECKSUM_BAD,
  RX_L4_CHECKSUM_GOOD,
  RX_VLAN_STRIPPED,
  TX_IP_CHECKSUM,
  TX_OFFLOADS,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  TX_VLAN_INSERT,
} from '@lunetta/core';
import { IndirectionTable, Toeplitz } from '@lunetta/driver-dpdk';
import { assertPacket, ethernet, readPacket, type PacketBuilder } from '@lunetta/testkit';
import { AT_PEER, FIRST_CARD } from './machine-arguments.js';
import { PortProbe } from './port-probe.js';
import type { ServicesFixture } from './services-fixture.js';
import { datagram, padded, pattern, STATION, toCard } from './stations.js';

const QUEUES = 4;
const FLOWS = 48;
const ETHERTYPE_VLAN = 0x8100;
const TAG = (5 << 13) | 7;
/** Ethernet and IPv4. */
const L2_L3 = 14 | (20 << 8);
const UDP_LENGTHS = L2_L3 | (8 << 16);
const TCP_LENGTHS = L2_L3 | (20 << 16);
const CHECKSUM_FLAGS = RX_IP_CHECKSUM_GOOD | RX_IP_CHECKSUM_BAD | RX_L4_CHECKSUM_GOOD | RX_L4_CHECKSUM_BAD;
const GOOD = RX_IP_CHECKSUM_GOOD | RX_L4_CHECKSUM_GOOD;

const number = (address: string): number => ipv4Address.parse(address)!;
/** A datagram of the stack's to our station. */
const toStation = (fields: object = {}): PacketBuilder =>
  ethernet({ src: FIRST_CARD.mac, dst: STATION.mac }).ipv4({ src: AT_PEER, dst: STATION.ip, ...fields });
/** What stands in the field of a transport's checksum when the card is to fill it in. */
const pseudoSum = (protocol: number, length: number): number =>
  ~checksum.finish(ipv4.pseudoHeaderSum(number(AT_PEER), number(STATION.ip), protocol, length)) & 0xffff;

/** What the card does for a frame, asked of its port, without a stack. */
export function portTests(fixture: ServicesFixture): void {
  let probe: PortProbe;
  let opened: Awaited<ReturnType<PortProbe['opened']>>;

  test('opens with four queues and all offloads', async () => {
    probe = new PortProbe(fixture.machine, { queues: QUEUES, vlanStrip: true, buffers: 8192 });
    opened = await probe.opened();
    expect(opened).toMatchObject({ driver: 'net_e1000_igb', offloads: TX_OFFLOADS });
    fixture.machine.peer.inbox.length = 0;
  });

  test.each([
    ['a good datagram', datagram().udp({}).payload('abc'), GOOD],
    ['a good segment', datagram().tcp({}).payload('abc'), GOOD],
    ['a wrong checksum of UDP', datagram().udp({ checksum: 0x1234 }), RX_IP_CHECKSUM_GOOD | RX_L4_CHECKSUM_BAD],
    ['a wrong checksum of TCP', datagram().tcp({ checksum: 0x1234 }), RX_IP_CHECKSUM_GOOD | RX_L4_CHECKSUM_BAD],
    ['a datagram without a checksum', datagram().udp({ checksum: 0 }), RX_IP_CHECKSUM_GOOD],
    ['a fragment', datagram({ moreFragments: true }).udp({}).payload(pattern(56)), RX_IP_CHECKSUM_GOOD],
    ['the last fragment', datagram({ fragmentOffset: 64 }).payload(pattern(56)), RX_IP_CHECKSUM_GOOD],
  ])('what the card says of the checksums is believed as far as it can know: %s', async (_, packet, flags) => {
    const [received] = await probe.receive(padded(packet));
    expect(received.flags & CHECKSUM_FLAGS).toBe(flags);
  });

  test('a wrong checksum of IPv4 is seen', async () => {
    const [received] = await probe.receive(padded(datagram({ checksum: 0x1234 }).udp({})));
    expect(received.flags & (RX_IP_CHECKSUM_GOOD | RX_IP_CHECKSUM_BAD)).toBe(RX_IP_CHECKSUM_BAD);
  });

  test('a VLAN tag is taken out', async () => {
    const tagged = toCard({ type: ETHERTYPE_VLAN }).vlan({ id: 7, priority: 5 });
    const packet = tagged.ipv4({ src: STATION.ip, dst: AT_PEER }).udp({}).payload(pattern(40));
    const [received] = await probe.receive(padded(packet));
    expect(received.flags & RX_VLAN_STRIPPED).not.toBe(0);
    expect(received.tag).toBe(TAG);
    expect(received.frame).toBe(Buffer.from(padded(datagram().udp({}).payload(pattern(40)))).toString('hex'));
  });

  test('a VLAN tag is put in', async () => {
    const words = { flags: TX_VLAN_INSERT, headerLengths: UDP_LENGTHS, vlanAndMss: TAG };
    const [sent] = await probe.send(toStation().udp({}).payload(pattern(60)).bytes(), words);
    const tagged = ethernet({ type: ETHERTYPE_VLAN }).vlan({ id: 7, priority: 5 });
    assertPacket(sent, tagged.ipv4({ src: AT_PEER }).udp({ dstPort: 7 }).payload(pattern(60)));
  });

  test.each([1, 18, 61, 1472])('checksums of a datagram of %d bytes are filled in', async (length) => {
    const fields = { checksum: pseudoSum(ipv4.PROTOCOL_UDP, length + 8) };
    const packet = toStation({ checksum: 0 }).udp(fields).payload(pattern(length));
    const words = { flags: TX_IP_CHECKSUM | TX_UDP_CHECKSUM, headerLengths: UDP_LENGTHS };
    const [sent] = await probe.send(packet.bytes(), words);
    expect(readPacket(sent).payload).toEqual(pattern(length));
  });

  test('checksums of a segment are filled in', async () => {
    const fields = { checksum: pseudoSum(ipv4.PROTOCOL_TCP, 300 + 20) };
    const packet = toStation({ checksum: 0 }).tcp(fields).payload(pattern(300));
    const words = { flags: TX_IP_CHECKSUM | TX_TCP_CHECKSUM, headerLengths: TCP_LENGTHS };
    const [sent] = await probe.send(packet.bytes(), words);
    expect(readPacket(sent).payload).toEqual(pattern(300));
  });

  test('a long segment is cut into those of the MSS', async () => {
    const fields = { seq: 1000, checksum: pseudoSum(ipv4.PROTOCOL_TCP, 1700 + 20) };
    const packet = toStation({ checksum: 0 }).tcp(fields).payload(pattern(1700));
    const words = { flags: TX_TSO | TX_IP_CHECKSUM, headerLengths: TCP_LENGTHS, vlanAndMss: 500 << 16 };
    const sent = (await probe.send(packet.bytes(), words, 4)).map((frame) => readPacket(frame));
    expect(sent.map(({ tcp }) => tcp!.seq)).toEqual([1000, 1500, 2000, 2500]);
    expect(Buffer.concat(sent.map(({ payload }) => payload)).equals(pattern(1700))).toBe(true);
  });

  test.each(['udp', 'tcp'] as const)(
    'flows of %s arrive on the queues that our Toeplitz hash predicts',
    async (kind) => {
      const { types, key, table } = opened.rss;
      const toeplitz = new Toeplitz(Buffer.from(key, 'hex'));
      const places = new IndirectionTable(table);
      const ports = Array.from({ length: FLOWS }, (_, flow) => 1024 + flow * 997);
      const frames = ports.map((srcPort) =>
        padded(kind === 'udp' ? datagram().udp({ srcPort, dstPort: 7 }) : datagram().tcp({ srcPort, dstPort: 7 })),
      );
      const received = await probe.receive(...frames);
      expect(types).toContain(`ipv4-${kind}`);
      const [src, dst] = [number(STATION.ip), number(AT_PEER)];
      const seen = new Map(received.map((each) => [Buffer.from(each.frame, 'hex').readUInt16BE(34), each]));
      for (const srcPort of ports) {
        const hash = toeplitz.ipv4Ports(src, dst, srcPort, 7);
        const { queue, flags, hash: told } = seen.get(srcPort)!;
        expect({ srcPort, queue, told, isTold: (flags & RX_HASH) !== 0 }).toEqual({
          ...{ srcPort, queue: places.queueOf(hash), told: hash, isTold: true },
        });
      }
      expect(new Set(received.map(({ queue }) => queue)).size).toBe(QUEUES);
    },
  );

  test('a card that is pulled under load: its port tells it and closes, and every buffer is back', async () => {
    const { peer, monitor } = fixture.machine;
    const pulled = monitor.execute('device_del', { id: FIRST_CARD.id });
    let isOver = false;
    const closed = probe.gone().finally(() => (isOver = true));
    while (!isOver) {
      peer.send(...Array.from({ length: 16 }, (_, i) => padded(datagram().udp({}).payload(pattern(i)))));
      await pause(10);
    }
    await pulled;
    const { audits, refused } = await closed;
    for (const { size, available, inUse, device } of audits) {
      expect({ available, inUse, device }).toEqual({ available: size, inUse: 0, device: 0 });
    }
    expect(Object.values(refused).filter((count) => count !== 0)).toEqual([]);
    await monitor.deviceDeleted(FIRST_CARD.id);
  });
}
