import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AddressConflict } from '@lunetta/core';
import {
  describePacket,
  ethernet,
  StackLab,
  type FieldPatterns,
  type ArpValues,
  type PacketBuilder,
} from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const { STACK_IP, STACK_MAC, PEER_IP } = StackLab;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const OTHER_MAC = '02:00:00:00:00:99';

let lab: StackLab;
let usable: string[];
let conflicts: AddressConflict[];
beforeEach(() => {
  lab = new StackLab({ iface: { probe: true } });
  usable = [];
  conflicts = [];
  lab.stack.onAddressUsable = (_, address) => usable.push(address);
  lab.stack.onAddressConflict = (conflict) => conflicts.push(conflict);
});
afterEach(() => lab.close());

/** An ARP packet of another station. */
function fromOther(fields: FieldPatterns<ArpValues>): PacketBuilder {
  return ethernet({ dst: BROADCAST, src: OTHER_MAC }).arp({ senderIp: STACK_IP, targetIp: PEER_IP, ...fields });
}

const PROBE = { senderIp: '0.0.0.0', targetIp: STACK_IP };
const CLAIM = { senderIp: STACK_IP, targetIp: STACK_IP };

/** What the stack sends within a time, with the millisecond by which it was. */
function within(ms: number): { ms: number; frame: Uint8Array }[] {
  const seen: { ms: number; frame: Uint8Array }[] = [];
  for (let now = 50; now <= ms; now += 50) {
    lab.advance('50ms');
    for (const frame of lab.receive()) seen.push({ ms: now, frame });
  }
  return seen;
}

describe('an address that is probed before its use (RFC 5227)', () => {
  test('three probes a second or two apart, then two seconds of silence, then two announcements', () => {
    const seen = within(20_000);
    const probe = ethernet({ dst: BROADCAST, src: STACK_MAC }).arp({ operation: 'request', ...PROBE });
    for (const { frame } of seen.slice(0, 3)) expect(frame).toMatchPacket(probe);
    const announcement = ethernet({ dst: BROADCAST, src: STACK_MAC }).arp({ operation: 'request', ...CLAIM });
    for (const { frame } of seen.slice(3)) expect(frame).toMatchPacket(announcement);
    expect(seen).toHaveLength(5);
    const [one, two, three, first, second] = seen.map(({ ms }) => ms);
    expect(one).toBeLessThanOrEqual(1000);
    for (const gap of [two - one, three - two]) {
      expect(gap).toBeGreaterThanOrEqual(950);
      expect(gap).toBeLessThanOrEqual(2050);
    }
    expect(Math.abs(first - three - 2000)).toBeLessThanOrEqual(50);
    expect(Math.abs(second - first - 2000)).toBeLessThanOrEqual(50);
    expect([usable, conflicts]).toEqual([[STACK_IP], []]);
  });

  test('is neither answered for, nor received by, nor sent from, before', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    lab.send(
      ethernet().arp(),
      ethernet().ipv4().udp({ dstPort: 7 }).payload('early'),
      ethernet().ipv4().icmp({ type: 'echo_request' }).payload('early'),
    );
    expect(lab.receive()).toEqual([]);
    expect(lab.drops('ipv4.notForUs')).toBe(2);
    expect(socket.send(Uint8Array.of(1), PEER_IP, 9)).toBe('EADDRNOTAVAIL');
    expect(() => lab.stack.udp.open().bind({ address: STACK_IP, port: 8 })).toThrow(/EADDRNOTAVAIL/);
    within(8000);
    const answers = lab.exchange(ethernet().arp());
    expect(answers[0]).toMatchPacket(ethernet().arp({ operation: 'reply', senderIp: STACK_IP }));
    lab.send(ethernet().ipv4().udp({ dstPort: 7 }).payload('now'));
    expect(socket.receive()).toMatchObject({ bytes: new TextEncoder().encode('now') });
    expect(socket.send(Uint8Array.of(1), PEER_IP, 9)).toBeUndefined();
    lab.stack.udp.open().bind({ address: STACK_IP, port: 8 });
  });

  test.each([
    ['says that it has it', 'reply'],
    ['asks from it', 'request'],
  ] as const)('is not used while another station %s; it is probed again a minute later', (_, operation) => {
    within(2500);
    lab.send(fromOther({ operation }));
    expect(conflicts).toMatchObject([{ address: STACK_IP, hardwareAddress: OTHER_MAC, isKept: false }]);
    expect(within(59_500)).toEqual([]);
    expect(usable).toEqual([]);
    expect(lab.exchange(ethernet().arp())).toEqual([]);
    const [again] = within(2000);
    expect(again.frame).toMatchPacket(ethernet().arp(PROBE));
    within(10_000);
    expect(usable).toEqual([STACK_IP]);
    expect(lab.stack.counters().interfaces[0].arp.conflicts).toBe(1);
  });

  test('another station that probes for it at the same time is in conflict, too; our own probe is not', () => {
    const [{ frame }] = within(1000);
    frame.set([2, 0, 0, 0, 0, 9], 6); // comes back through a bridge with an address of its own
    lab.send(frame);
    expect(conflicts).toEqual([]);
    lab.send(fromOther(PROBE));
    expect(conflicts).toMatchObject([{ isKept: false }]);
  });

  test('a probe for another address, and what others say of theirs, disturbs nothing', () => {
    within(1000);
    lab.send(
      fromOther({ ...PROBE, targetIp: '10.0.0.77' }),
      fromOther({ senderIp: '10.0.0.77', targetIp: '10.0.0.77' }),
    );
    within(10_000);
    expect([usable, conflicts]).toEqual([[STACK_IP], []]);
  });

  test('a station that speaks on and on is told once, and the probing waits for a minute of silence', () => {
    within(1500);
    for (let s = 0; s < 100; s++) {
      lab.send(fromOther({ operation: 'reply' }));
      lab.advance('1s');
    }
    expect(lab.receive()).toEqual([]);
    expect(conflicts).toHaveLength(1);
    expect(within(58_000)).toEqual([]);
    expect(within(4000).length).toBeGreaterThan(0);
  });

  test('one that is in use already stays so when the link comes back: it is announced', () => {
    within(12_000);
    lab.cable.setLinkState('down');
    lab.host.settle();
    lab.cable.setLinkState('up');
    lab.host.settle();
    expect(lab.receive().map((frame) => describePacket(frame))).toEqual([
      expect.stringContaining('arp request 10.0.0.1'),
    ]);
    expect(lab.exchange(ethernet().arp())).toHaveLength(1);
  });

  test('is probed from the beginning when the link comes back before the end', () => {
    within(2500);
    lab.cable.setLinkState('down');
    lab.host.settle();
    lab.cable.setLinkState('up');
    lab.host.settle();
    const probes = within(10_000).filter(({ frame }) => describePacket(frame).includes('0.0.0.0'));
    expect(probes).toHaveLength(3);
    expect(usable).toEqual([STACK_IP]);
  });

  test('of several each is used as soon as it may be', async () => {
    await lab.close();
    lab = new StackLab({ iface: { probe: true, addresses: [`${STACK_IP}/24`, '10.0.0.5/24'], gateway: PEER_IP } });
    lab.stack.onAddressUsable = (_, address) => usable.push(address);
    within(2000);
    lab.send(fromOther({}));
    within(10_000);
    expect(usable).toEqual(['10.0.0.5']);
    lab.stack.udp.open().send(Uint8Array.of(1), '192.0.2.1', 9);
    lab.host.settle();
    expect(describePacket(lab.receive()[0])).toContain('arp request 10.0.0.5');
  });

  test('a closing stack stops probing', async () => {
    within(1500);
    await lab.close();
    lab = new StackLab();
  });
});

test('groups are joined meanwhile: what is told of them comes from no address yet (RFC 3376 section 4.2.13)', () => {
  lab.stack.udp.open().joinGroup('239.1.2.3');
  lab.host.settle();
  expect(lab.receive()[0]).toMatchPacket(ethernet().ipv4({ src: '0.0.0.0', dst: '224.0.0.22' }).igmp());
  expect(lab.stack.udp.open().send(Uint8Array.of(1), '239.1.2.3', 9)).toBe('EADDRNOTAVAIL');
});

test('without the switch an address is used and announced at once', async () => {
  await lab.close();
  lab = new StackLab();
  expect(lab.exchange(ethernet().arp())).toHaveLength(1);
});

test('a VLAN has the switch, too', () => {
  within(12_000);
  lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'], probe: true });
  const [first] = within(1100);
  expect(first.frame).toMatchPacket(ethernet().vlan({ id: 7 }).arp({ senderIp: '0.0.0.0', targetIp: '10.7.0.1' }));
  within(10_000);
  expect(usable).toEqual([STACK_IP, '10.7.0.1']);
});

test('in use, a conflict is defended once in ten seconds, and the address kept', () => {
  within(12_000);
  lab.send(fromOther({}));
  expect(lab.receive()[0]).toMatchPacket(ethernet({ dst: BROADCAST }).arp({ operation: 'request', ...CLAIM }));
  lab.send(fromOther({}));
  expect(lab.receive()).toEqual([]);
  within(10_000);
  lab.send(fromOther({}));
  expect(lab.receive()).toHaveLength(1);
  expect(conflicts.map(({ isKept }) => isKept)).toEqual([true, true]);
  expect(lab.stack.counters().interfaces[0].arp.conflicts).toBe(3);
});
