import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ethernet, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_MAC } = StackLab;
let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
  lab.befriend();
});
afterEach(() => lab.close());

const bytes = Uint8Array.of(1, 2, 3, 4);

describe('a raw socket of a protocol', () => {
  test('gets whole datagrams; its protocol is no longer refused', () => {
    const frame = ethernet().ipv4({ protocol: 89, id: 5 }).payload(bytes);
    expect(lab.ask(frame)).toMatchObject([{ icmp: { type: 3, code: 2 } }]);
    const socket = lab.stack.raw.openProtocol(89);
    expect(lab.ask(frame)).toEqual([]);
    expect(socket.receive()).toEqual({ bytes: frame.bytes().subarray(14), interface: 'lab0' });
    expect(socket.receive()).toBeUndefined();
    socket.close();
    expect(lab.ask(frame)).toHaveLength(1);
  });

  test('gets a copy of what the stack answers itself', () => {
    const socket = lab.stack.raw.openProtocol(17);
    const lengths: number[] = [];
    socket.onPacket = (packet) => lengths.push(packet.bytes.length);
    const toClosedPort = ethernet().ipv4().udp({ dstPort: 9 }).payload(bytes);
    expect(lab.ask(toClosedPort)).toMatchObject([{ icmp: { code: 3 } }]);
    expect(lengths).toEqual([32]);
  });

  test('gets fragments put together, and sends in fragments', () => {
    const socket = lab.stack.raw.openProtocol(89);
    lab.send(ethernet().ipv4({ protocol: 89, moreFragments: true }).payload(new Uint8Array(16)));
    lab.send(ethernet().ipv4({ protocol: 89, fragmentOffset: 16 }).payload(bytes));
    expect(socket.receive()?.bytes).toHaveLength(40);
    expect(socket.send(new Uint8Array(3000), PEER_IP)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toMatchObject([
      { ipv4: { fragmentOffset: 0, moreFragments: true } },
      { ipv4: { fragmentOffset: 1480, moreFragments: true } },
      { ipv4: { fragmentOffset: 2960, moreFragments: false } },
    ]);
    expect(socket.send(new Uint8Array(65_516), PEER_IP)).toBe('EMSGSIZE');
    expect(socket.send(bytes, '192.0.2.1')).toBe('ENETUNREACH');
    socket.close();
    expect(socket.send(bytes, PEER_IP)).toBe('EBADF');
  });

  test('keeps no more than its queue holds', () => {
    const socket = lab.stack.raw.openProtocol(89);
    for (let i = 0; i < 1000; i++) lab.send(ethernet().ipv4({ protocol: 89 }).payload(bytes));
    expect(socket.lost).toBeGreaterThan(0);
    expect(lab.drops('ipv4.unknownProtocol')).toBe(socket.lost);
  });

  test('one whose callback throws loses no frame of others', () => {
    const [thrower, other] = [lab.stack.raw.openProtocol(89), lab.stack.raw.openProtocol(89)];
    thrower.onPacket = () => {
      throw new Error('a bug of the application');
    };
    expect(() => lab.send(ethernet().ipv4({ protocol: 89 }).payload(bytes))).toThrow('a bug of the application');
    expect(other.receive()?.bytes).toHaveLength(24);
  });
});

describe('a raw socket of frames', () => {
  const LLDP = 0x88cc;
  const frame = ethernet({ type: LLDP }).payload(new Uint8Array(46)).bytes();

  test('hears its ethertype only, or all', () => {
    lab.send(frame);
    expect(lab.drops('ethernet.unknownType')).toBe(1);
    const [one, all] = [lab.stack.raw.openFrames(LLDP), lab.stack.raw.openFrames()];
    const arp = ethernet().arp().bytes();
    expect(lab.ask(frame, arp)).toHaveLength(1);
    expect([one.receive(), one.receive()]).toEqual([{ bytes: frame, interface: 'lab0' }, undefined]);
    expect([all.receive()?.bytes, all.receive()?.bytes]).toEqual([frame, arp]);
    expect(lab.drops('ethernet.unknownType')).toBe(1);
  });

  test('hears frames of VLANs that there are none of, with both their tags', () => {
    const socket = lab.stack.raw.openFrames(0x88a8);
    const tagged = ethernet({ type: 0x88a8 }).payload(new Uint8Array(50).fill(1)).bytes();
    lab.send(tagged);
    expect(socket.receive()?.bytes).toEqual(tagged);
  });

  test('sends a frame as it is', () => {
    const socket = lab.stack.raw.openFrames(LLDP);
    const out = ethernet({ dst: PEER_MAC, src: STACK_MAC, type: LLDP }).payload(new Uint8Array(46).fill(9)).bytes();
    expect(socket.send(out, 'lab0')).toBeUndefined();
    lab.host.settle();
    expect(lab.receive()).toEqual([out]);
    expect(socket.send(out, 'lab9')).toBe('EINVAL');
    expect(socket.send(out.subarray(0, 13), 'lab0')).toBe('EINVAL');
    expect(socket.send(new Uint8Array(2000), 'lab0')).toBe('EMSGSIZE');
  });

  test.each([-1, 256, 1.5])('of protocol %d there is none', (protocol) => {
    expect(() => lab.stack.raw.openProtocol(protocol)).toThrow(/EINVAL/);
  });
});
