import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NetworkInterface } from '@lunetta/core';
import { ethernet, type PacketBuilder, StackLab } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const ENDS = { src: '10.7.0.2', dst: '10.7.0.1' };
let lab: StackLab;
let vlan: NetworkInterface;

beforeEach(() => {
  lab = new StackLab();
  vlan = lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => void datagram.reply();
  lab.host.settle();
});
afterEach(() => lab.close());

/** The tags of a frame; each as its ethertype and TCI. */
type Tags = readonly (readonly [type: number, tci: number])[];

/** The headers of a frame to the stack up to its tags. */
function tagged(tags: Tags): PacketBuilder {
  const header = ethernet(tags.length === 0 ? {} : { type: tags[0][0] });
  return tags.reduce((packet, [, tci], i) => {
    const fields = { id: tci & 0xfff, priority: tci >> 13, dropEligible: (tci & 0x1000) !== 0 };
    return packet.vlan({ ...fields, type: tags[i + 1]?.[0] });
  }, header);
}

function request(ends = ENDS, ...tags: Tags): PacketBuilder {
  return tagged(tags)
    .ipv4(ends)
    .udp()
    .payload(Uint8Array.of(1, 2, 3));
}

function arpFrom(senderIp: string, targetIp: string, ...tags: Tags): PacketBuilder {
  return tagged(tags).arp({ senderIp, targetIp });
}

describe('an interface in a VLAN', () => {
  test('announces itself with its tag', () => {
    const [announcement] = lab.receive();
    expect([...announcement.subarray(12, 18)]).toEqual([0x81, 0, 0, 7, 8, 6]);
  });

  test.each([7, 0xe007, 0x1007])('answers what comes with TCI 0x%x, with its own tag', (tci) => {
    lab.receive();
    lab.exchange(arpFrom(ENDS.src, ENDS.dst, [0x8100, 7]));
    const [answer] = lab.exchange(request(ENDS, [0x8100, tci]));
    const headers = ethernet({
      dst: StackLab.PEER_MAC,
      src: StackLab.STACK_MAC,
      type: 0x8100,
      padding: new Uint8Array(0),
    });
    const tag = { id: 7, priority: 0, dropEligible: false, type: 0x0800 };
    expect(answer).toMatchPacket(
      headers
        .vlan(tag)
        .ipv4()
        .udp()
        .payload(Uint8Array.of(1, 2, 3)),
    );
  });

  test('hears nothing without a tag, and the port’s own interface nothing with one', () => {
    lab.receive();
    expect(lab.exchange(request())).toEqual([]);
    expect(lab.drops('ipv4.notForUs')).toBe(1);
    const ends = { src: StackLab.PEER_IP, dst: StackLab.STACK_IP };
    expect(lab.exchange(request(ends, [0x8100, 7]))).toEqual([]);
    expect(lab.drops('ipv4.notForUs')).toBe(2);
    expect(lab.exchange(request(ENDS, [0x8100, 8]))).toEqual([]);
    expect(lab.exchange(request(ENDS, [0x8100, 7]).bytes().subarray(0, 16))).toEqual([]);
    expect([lab.drops('ethernet.unknownVlan'), lab.drops('ethernet.truncated')]).toEqual([1, 1]);
  });

  test('a tag of VLAN 0 is a mere priority', () => {
    lab.befriend();
    const ends = { src: StackLab.PEER_IP, dst: StackLab.STACK_IP };
    const [answer] = lab.ask(request(ends, [0x8100, 0xe000]));
    expect(answer).toMatchObject({ ipv4: { dst: StackLab.PEER_IP } });
  });

  test('carries another one with two tags', () => {
    const service = lab.stack.addVlan(lab.iface, { name: 's9', id: 9, isService: true, addresses: ['10.9.0.1/24'] });
    lab.stack.addVlan(service, { name: 's9c5', id: 5, addresses: ['10.95.0.1/24'] });
    lab.host.settle();
    lab.receive();
    const tags = [
      [0x88a8, 9],
      [0x8100, 5],
    ] as const;
    lab.exchange(arpFrom('10.95.0.2', '10.95.0.1', ...tags));
    const [answer] = lab.exchange(request({ src: '10.95.0.2', dst: '10.95.0.1' }, ...tags));
    expect([...answer.subarray(12, 22)]).toEqual([0x88, 0xa8, 0, 9, 0x81, 0, 0, 5, 8, 0]);
    expect(lab.stack.counters().interfaces).toMatchObject([
      {
        name: 'lab0',
        vlans: [
          { name: 'v7', id: 7 },
          { name: 's9', id: 9 },
          { name: 's9c5', id: 5 },
        ],
      },
    ]);
  });

  test.each([
    [{ name: 'v', id: 0, addresses: [] }, /from 1 to 4094/],
    [{ name: 'v', id: 4095, addresses: [] }, /from 1 to 4094/],
    [{ name: 'v', id: 7, addresses: [] }, /'v7' is VLAN 7 of 'lab0' already/],
    [{ name: 'v7', id: 8, addresses: [] }, /one of that name already/],
  ])('refuses %j', (options, message) => {
    expect(() => lab.stack.addVlan(lab.iface, options)).toThrow(message);
  });

  test('gives back what waits for a neighbour in it when the stack closes', async () => {
    const socket = lab.stack.udp.open();
    expect(socket.send(new Uint8Array(3), '10.7.0.77', 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.stack.counters().interfaces[0].held).toBe(1);
    await lab.close(); // every buffer is back, or it throws
    lab = new StackLab(); // for afterEach
  });

  test('knows its parent', () => {
    expect(vlan.parent).toBe(lab.iface);
  });
});
