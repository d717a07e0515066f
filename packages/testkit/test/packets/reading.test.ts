import { describe, expect, test } from '@jest/globals';
import { ethernet, readPacket, type PacketBuilder } from '@lunetta/testkit';

const ended = { padding: new Uint8Array(18) };
const ROUTER_ALERT = Uint8Array.of(148, 4, 0, 0);
const eight = new Uint8Array(8);
const quoted = ethernet().ipv4({ checksum: 1, ttl: 0 }).udp({ checksum: 1, length: 7 }).bytes().subarray(14, 42);

describe('a packet that was read', () => {
  test.each<[string, PacketBuilder, object]>([
    [
      'UDP, padded',
      ethernet({ dst: 'ff:ff:ff:ff:ff:ff', ...ended })
        .ipv4({ ttl: 3, tos: 0xb8 })
        .udp({ dstPort: 9 })
        .payload('hello'),
      {
        ethernet: { dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02', type: 0x0800 },
        ipv4: { src: '10.0.0.2', dst: '10.0.0.1', ttl: 3, tos: 0xb8, totalLength: 33 },
        udp: { srcPort: 49_152, dstPort: 9 },
        payload: new TextEncoder().encode('hello'),
      },
    ],
    ['UDP of no bytes', ethernet().ipv4().udp(), { udp: { length: 8 }, payload: new Uint8Array(0) }],
    ['TCP', ethernet().ipv4().tcp({ seq: 7 }).payload('x'), { tcp: { seq: 7 }, payload: Uint8Array.of(0x78) }],
    [
      'IGMP with the router alert',
      ethernet().ipv4({ options: ROUTER_ALERT }).igmp({ type: 'v2_report', group: '239.1.2.3' }),
      { igmp: { type: 'v2_report', group: '239.1.2.3' }, payload: new Uint8Array(0) },
    ],
    ['ARP, padded', ethernet(ended).arp(), { arp: { operation: 'request' }, payload: new Uint8Array(0) }],
    [
      'an ICMP error, whose quotation is not looked into',
      ethernet().ipv4().icmp({ type: 'unreachable', code: 'port_unreachable' }).payload(quoted),
      { icmp: { type: 3, code: 3, rest: 0 }, payload: quoted },
    ],
    [
      'a fragment, which is not looked into',
      ethernet()
        .ipv4({ fragmentOffset: 8, protocol: 99 })
        .payload(Uint8Array.of(1, 2, 3)),
      { ipv4: { fragmentOffset: 8, moreFragments: false, protocol: 99 }, payload: Uint8Array.of(1, 2, 3) },
    ],
    ['the first fragment', ethernet().ipv4({ moreFragments: true }).payload(eight), { payload: eight }],
  ])('%s', (_, packet, expected) => {
    expect(readPacket(packet.bytes())).toMatchObject(expected);
  });

  test('has only the layers that are there', () => {
    const names = (packet: PacketBuilder): string[] => Object.keys(readPacket(packet.bytes()));
    expect(names(ethernet().arp())).toEqual(['ethernet', 'arp', 'payload']);
    expect(names(ethernet().ipv4({ moreFragments: true }).udp())).toEqual(['ethernet', 'ipv4', 'payload']);
    expect(names(ethernet().ipv4().icmp({ type: 'time_exceeded' }).ipv4().udp())).toEqual([
      ...['ethernet', 'ipv4', 'icmp', 'payload'],
    ]);
  });
});

describe('no stack may send', () => {
  test.each<[string, PacketBuilder]>([
    [
      'a wrong ethernet.padding: it is not zeros',
      ethernet({ padding: Uint8Array.of(1) })
        .ipv4()
        .udp(),
    ],
    ['a wrong ethernet.padding: it is not zeros', ethernet({ padding: Uint8Array.of(1) }).arp()],
    ['ethertype 0x86dd', ethernet({ type: 0x86dd }).ipv4().udp()],
    ['ethertype 0x8100', ethernet().vlan().ipv4().udp()],
    ['a malformed arp: 3 bytes', ethernet({ type: 0x0806 }).payload('arp')],
    ['ARP operation 3', ethernet().arp({ operation: 3 })],
    ['a wrong arp.hardwareType: it is not 1', ethernet().arp({ hardwareType: 6 })],
    ['a wrong arp.protocolType: it is not 2048', ethernet().arp({ protocolType: 0x0806 })],
    ['a wrong arp.hardwareLength: it is not 6', ethernet().arp({ hardwareLength: 8 })],
    ['a wrong arp.protocolLength: it is not 4', ethernet().arp({ protocolLength: 16 })],
    ['a malformed ipv4: 4 bytes', ethernet().payload('ipv4')],
    ['a malformed ipv4: a header length of 16', ethernet().ipv4({ headerLength: 16 }).udp()],
    ['a wrong ipv4.version: 6 is not 4', ethernet().ipv4({ version: 6 }).udp()],
    ['a wrong ipv4.totalLength: 300 is wrong: there are 28 bytes', ethernet().ipv4({ totalLength: 300 }).udp()],
    ['a wrong ipv4.totalLength: 19 is wrong: there are 20 bytes', ethernet().ipv4({ totalLength: 19 })],
    ['a wrong ipv4.totalLength: 29 is wrong', ethernet().ipv4({ moreFragments: true }).payload(new Uint8Array(9))],
    ['a wrong ipv4.checksum: 0x0001 is wrong', ethernet().ipv4({ checksum: 1 }).udp()],
    ['a wrong ipv4.ttl: 0 is never on a wire', ethernet().ipv4({ ttl: 0 }).udp()],
    ['IPv4 options 148 4 0 0', ethernet().ipv4({ options: ROUTER_ALERT }).udp()],
    [
      'IPv4 options 1 1 1 0',
      ethernet()
        .ipv4({ options: Uint8Array.of(1, 1, 1, 0) })
        .igmp(),
    ],
    ['a malformed igmp: 7 bytes', ethernet().ipv4({ protocol: 2 }).payload(new Uint8Array(7))],
    ['a wrong igmp.checksum: 0x0001 is wrong', ethernet().ipv4().igmp({ checksum: 1 })],
    ['protocol 89', ethernet().ipv4({ protocol: 89 }).payload(eight)],
    ['protocol 4', ethernet().ipv4().ipv4().udp()],
    ['a malformed udp: 0 bytes', ethernet().ipv4({ protocol: 17 })],
    ['a malformed udp: 7 bytes', ethernet().ipv4({ protocol: 17 }).payload(new Uint8Array(7))],
    ['a wrong udp.length: 7 is wrong: there are 8 bytes', ethernet().ipv4().udp({ length: 7 })],
    ['a wrong udp.checksum: 0x0001 is wrong', ethernet().ipv4().udp({ checksum: 1 })],
    ['a wrong udp.checksum: there is none', ethernet().ipv4().udp({ checksum: 0 })],
    ['a malformed icmp: 7 bytes', ethernet().ipv4({ protocol: 1 }).payload(new Uint8Array(7))],
    ['a wrong icmp.checksum: 0x0001 is wrong', ethernet().ipv4().icmp({ checksum: 1 })],
    ['a malformed tcp: 8 bytes', ethernet().ipv4({ protocol: 6 }).payload(eight)],
    ['a wrong tcp.checksum: 0x0001 is wrong', ethernet().ipv4().tcp({ checksum: 1 })],
  ])('%s', (wrong, packet) => {
    expect(() => readPacket(packet.bytes())).toThrow(`the stack has sent ${wrong}`);
  });

  test('a part of an Ethernet header', () => {
    const frame = ethernet().arp().bytes();
    expect(() => readPacket(frame.subarray(0, 13))).toThrow('the stack has sent a malformed ethernet: 13 bytes');
  });
});
