import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describePacket, ethernet, ipv4, StackLab, type PacketBuilder } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const hex = (packet: PacketBuilder): string => Buffer.from(packet.bytes()).toString('hex');

describe('a packet of which nothing is said', () => {
  let lab: StackLab;
  beforeEach(() => {
    lab = new StackLab();
    lab.befriend();
  });
  afterEach(() => lab.close());

  test('is one from the test to the stack of a lab, and right', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => void datagram.reply();
    const [echo, ping] = lab.ask(ethernet().ipv4().udp().payload('hello'), ethernet().ipv4().icmp().payload('world'));
    expect(echo).toMatchObject({ udp: { srcPort: 7, dstPort: 49_152 }, payload: Buffer.from('hello') });
    expect(ping).toMatchObject({ icmp: { type: 0, code: 0 }, payload: Buffer.from('world') });
    expect(lab).not.toHaveDropped();
  });

  test('asks by ARP for the stack', () => {
    expect(lab.ask(ethernet({ dst: 'ff:ff:ff:ff:ff:ff' }).arp())).toMatchObject([
      { arp: { operation: 'reply', senderIp: StackLab.STACK_IP, targetMac: StackLab.PEER_MAC } },
    ]);
  });
});

describe('the bytes of a packet', () => {
  test('of ARP', () => {
    const reply = ethernet({ dst: 'aa:bb:cc:dd:ee:ff', src: '02:00:00:00:00:09' }).arp({
      ...{ operation: 'reply', senderIp: '192.0.2.9', targetMac: 'aa:bb:cc:dd:ee:ff', targetIp: '192.0.2.1' },
    });
    expect(hex(reply)).toBe(
      'aabbccddeeff0200000000090806' + '0001080006040002' + '020000000009c0000209' + 'aabbccddeeffc0000201',
    );
  });

  test('of VLAN tags, one in the other', () => {
    const tagged = ethernet({ type: 0x88a8 }).vlan({ id: 5, priority: 7, dropEligible: true }).vlan({ id: 0xabc });
    expect(hex(tagged.ipv4()).slice(24, 44)).toBe('88a8' + 'f005' + '8100' + '0abc' + '0800');
  });

  test('of an IPv4 header with options, as a fragment', () => {
    const fragment = ipv4({
      options: Uint8Array.of(148, 4, 0, 0),
      moreFragments: true,
      fragmentOffset: 1480,
      tos: 0xb8,
    });
    expect(hex(fragment.payload(new Uint8Array(8)))).toMatch(/^46b80020000120b94011.{4}0a0000020a00000194040000/);
  });

  test('of TCP with options, padded', () => {
    const options = [{ mss: 1460 }, { sackPermitted: true }, { timestamps: { value: 7, echo: 0 } }, 'nop'] as const;
    const syn = ipv4().tcp({ srcPort: 1, dstPort: 2, seq: 0x80000001, flags: ['SYN'], options, window: 4096 });
    expect(hex(syn).slice(40)).toMatch(
      /^000100028000000100000000a0021000.{4}0000020405b40402080a000000070000000001000000$/,
    );
  });
});

describe('a field can be wrong', () => {
  test('a header length, a version, an ethertype', () => {
    expect(hex(ipv4({ version: 6, headerLength: 60 })).slice(0, 2)).toBe('6f');
    expect(hex(ethernet({ type: 0x86dd }).ipv4()).slice(24, 28)).toBe('86dd');
    expect(hex(ipv4().tcp({ headerLength: 60 })).slice(64, 66)).toBe('f0');
  });
});

describe('what makes no packet', () => {
  test('layers in an order that there is not', () => {
    expect(() => ethernet().udp()).toThrow(
      'udp() cannot follow ethernet(); what can: vlan(), arp(), ipv4(), payload()',
    );
    expect(() => ipv4().payload('x').udp()).toThrow('udp() cannot follow payload(); what can: nothing');
  });

  test('a pattern where a value is wanted', () => {
    expect(() => ipv4({ ttl: (ttl) => ttl > 1 }).bytes()).toThrow(/ipv4\.ttl is a pattern .* give it a value/);
    expect(() =>
      ipv4()
        .udp({ dstPort: expect.any(Number) as never })
        .bytes(),
    ).toThrow('udp.dstPort is a pattern');
  });

  test('an address or a name that there is not', () => {
    expect(() => ipv4({ src: '10.0.0' }).bytes()).toThrow("'10.0.0' is no IPv4 address");
    expect(() => ethernet({ dst: '02' }).bytes()).toThrow("'02' is no MAC address");
    expect(() => ipv4().icmp({ type: 'echo_request', code: 'port_unreachable' })).toThrow(/ICMP has no code/);
  });
});

test('a packet in a line', () => {
  expect(describePacket(ethernet().vlan({ id: 5 }).ipv4({ ttl: 3 }).udp().payload('hello').bytes())).toBe(
    '02:00:00:00:00:02 > 02:00:00:00:00:01 type 0x8100, vlan 5 priority 0, ipv4 10.0.0.2 > 10.0.0.1 ttl 3, udp 49152 > 7, 5 bytes',
  );
  expect(describePacket(ipv4().icmp({ type: 'unreachable', code: 3 }).ipv4().tcp({ seq: 5 }).bytes(), 'ipv4')).toBe(
    'ipv4 10.0.0.2 > 10.0.0.1 ttl 64, icmp unreachable port_unreachable, ipv4 10.0.0.2 > 10.0.0.1 ttl 64, ' +
      'tcp 49152 > 7 seq 5 ACK ack 0 window 65535',
  );
  expect(describePacket(Uint8Array.of(1, 2))).toBe('ethernet malformed: 2 bytes are no Ethernet header, 2 bytes');
});
