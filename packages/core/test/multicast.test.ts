import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { macAddress, type UdpSocket } from '@lunetta/core';
import { describePacket, ethernet, StackLab, type PacketBuilder } from '@lunetta/testkit';
import '@lunetta/testkit/jest';
import { groupMac } from './support/igmp-lab.js';

const GROUP = '239.1.2.3';
const OTHER = '239.9.9.9';
const PORT = 5000;
const { PEER_IP, STACK_IP } = StackLab;

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
});
afterEach(() => lab.close());

/** A socket on the port, and what it has heard. */
function listener(address?: string): { socket: UdpSocket; heard: string[] } {
  const socket = lab.stack.udp.open();
  socket.bind({ port: PORT, reusePort: true, ...(address !== undefined && { address }) });
  const heard: string[] = [];
  socket.onDatagram = ({ bytes }) => void heard.push(new TextDecoder().decode(bytes));
  return { socket, heard };
}

/** A datagram to a group. */
function toGroup(text: string, { group = GROUP, src = PEER_IP, vlan = 0 } = {}): PacketBuilder {
  const frame = ethernet({ dst: groupMac(group) });
  const link = vlan === 0 ? frame : frame.vlan({ id: vlan });
  return link.ipv4({ src, dst: group, ttl: 1 }).udp({ srcPort: 9, dstPort: PORT }).payload(text);
}

/** What the stack has sent that is no IGMP, in words. */
function sent(): string[] {
  lab.host.settle();
  return lab
    .receive()
    .map((frame) => describePacket(frame))
    .filter((text) => !text.includes('igmp'));
}

describe('a group is heard', () => {
  test('by the sockets that have joined it themselves, until they leave', () => {
    const [one, two, none] = [listener(), listener(), listener()];
    one.socket.joinGroup(GROUP);
    two.socket.joinGroup(GROUP);
    lab.send(toGroup('a'));
    one.socket.leaveGroup(GROUP);
    lab.send(toGroup('b'));
    two.socket.close();
    lab.send(toGroup('c'));
    expect([one.heard, two.heard, none.heard]).toEqual([['a'], ['a', 'b'], []]);
    expect(lab.drops('ethernet.notJoined')).toBe(1);
  });

  test('not by a socket that has joined another one, though both share a MAC address', () => {
    const { socket, heard } = listener();
    socket.joinGroup('239.129.2.3');
    lab.send(toGroup('a'));
    expect(heard).toEqual([]);
    expect(lab.drops('ipv4.notForUs')).toBe(1);
    lab.stack.joinGroup(lab.iface, GROUP);
    lab.send(toGroup('b'));
    expect(heard).toEqual([]);
    expect(lab.drops('udp.notJoined')).toBe(1);
  });

  test('by the interface on which it was joined', () => {
    lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    const { socket, heard } = listener();
    socket.joinGroup(GROUP, { interface: 'v7' });
    lab.send(toGroup('untagged'), toGroup('tagged', { vlan: 7, src: '10.7.0.2' }));
    socket.joinGroup(GROUP, { interface: 'lab0' });
    lab.send(toGroup('both'), toGroup('both', { vlan: 7, src: '10.7.0.2' }));
    socket.leaveGroup(GROUP, { interface: 'v7' });
    lab.send(toGroup('untagged'), toGroup('tagged', { vlan: 7, src: '10.7.0.2' }));
    expect(heard).toEqual(['tagged', 'both', 'both', 'untagged']);
  });

  test('from the sources that were joined, and not from those that were blocked', () => {
    const [some, others] = [listener(), listener()];
    some.socket.joinGroup(GROUP, { source: PEER_IP });
    some.socket.joinGroup(GROUP, { source: '192.0.2.1' });
    others.socket.joinGroup(GROUP);
    others.socket.blockSource(GROUP, PEER_IP);
    const from = (src: string) => lab.send(toGroup(src, { src }));
    for (const src of [PEER_IP, '192.0.2.1', '192.0.2.2']) from(src);
    expect(some.heard.splice(0)).toEqual([PEER_IP, '192.0.2.1']);
    expect(others.heard.splice(0)).toEqual(['192.0.2.1', '192.0.2.2']);
    some.socket.leaveGroup(GROUP, { source: PEER_IP });
    others.socket.unblockSource(GROUP, PEER_IP);
    from(PEER_IP);
    expect([some.heard, others.heard]).toEqual([[], [PEER_IP]]);
    others.socket.close();
    from('192.0.2.9');
    expect(lab.drops('udp.notJoined')).toBe(1);
  });

  test('by raw sockets once the stack has joined it for them', () => {
    const raw = lab.stack.raw.openProtocol(89);
    const hello = ethernet({ dst: groupMac('224.0.0.5') })
      .ipv4({ dst: '224.0.0.5', ttl: 1, protocol: 89 })
      .payload('hello');
    lab.send(hello);
    expect(raw.receive()).toBeUndefined();
    lab.stack.joinGroup(lab.iface, '224.0.0.5');
    lab.send(hello);
    expect(raw.receive()).toBeDefined();
    lab.stack.leaveGroup(lab.iface, '224.0.0.5');
    lab.send(hello);
    expect(raw.receive()).toBeUndefined();
  });
});

describe('the device is asked for', () => {
  /** The groups in the last list that the device was given, all hosts apart. */
  function lists(): string[][] {
    const spy = jest.spyOn(lab.cable.a, 'setMulticastList');
    const seen: string[][] = [];
    spy.mockImplementation((addresses) => void seen.push(addresses.map(macAddress.format).slice(1)));
    return seen;
  }

  test('what any socket has joined, each address once, for as long as one has', () => {
    const seen = lists();
    const [one, two] = [listener().socket, listener().socket];
    one.joinGroup(GROUP);
    two.joinGroup(GROUP);
    two.joinGroup('239.129.2.3'); // has the same address
    one.joinGroup(OTHER);
    one.close();
    two.close();
    const mac = groupMac(GROUP);
    expect(seen).toEqual([[mac], [mac], [mac, groupMac(OTHER)], [mac], [mac], []]);
  });

  test('what its VLANs have joined, too', () => {
    lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    const seen = lists();
    listener().socket.joinGroup(GROUP, { interface: 'v7' });
    listener().socket.joinGroup(OTHER);
    expect(seen.at(-1)!.sort()).toEqual([groupMac(GROUP), groupMac(OTHER)]);
  });
});

describe('what is sent to a group', () => {
  test('is heard here by those who have joined it where it leaves, unless the sender does not want that', () => {
    const { socket, heard } = listener();
    const sender = lab.stack.udp.open();
    sender.send(Uint8Array.of(65), GROUP, PORT);
    socket.joinGroup(GROUP);
    sender.send(Uint8Array.of(66), GROUP, PORT);
    sender.multicastLoopback = false;
    sender.send(Uint8Array.of(67), GROUP, PORT);
    expect(sent()).toHaveLength(3);
    expect(heard).toEqual(['B']);
    socket.send(Uint8Array.of(68), GROUP, PORT); // oneself, too
    lab.host.settle();
    expect(heard).toEqual(['B', 'D']);
  });

  test('is heard as coming from us, by the interface that it left by', () => {
    const vlan = lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    const { socket } = listener();
    socket.onDatagram = undefined;
    socket.joinGroup(GROUP, { interface: 'v7' });
    const sender = lab.stack.udp.open();
    sender.send(Uint8Array.of(1), GROUP, PORT); // by lab0
    sender.multicastInterface = 'v7';
    sender.multicastTtl = 9;
    sender.send(Uint8Array.of(2), GROUP, PORT);
    lab.host.settle();
    expect(socket.receive()).toMatchObject({
      ...{ bytes: Uint8Array.of(2), remoteAddress: '10.7.0.1', localAddress: GROUP },
      ...{ interfaceIndex: vlan.index, ttl: 9 },
    });
    expect(socket.receive()).toBeUndefined();
  });

  test.each([1, 1472, 1473, 16_356, 16_357, 40_000, 65_507])('reaches us whole: %d bytes', (length) => {
    const { socket } = listener();
    const heard: Uint8Array[] = [];
    socket.onDatagram = ({ bytes }) => void heard.push(bytes.slice());
    socket.joinGroup(GROUP);
    const payload = Uint8Array.from({ length }, (_, i) => i * 7);
    expect(socket.send(payload, GROUP, PORT)).toBeUndefined();
    for (let i = 0; i < 10; i++) lab.advance('1ms');
    expect(heard).toEqual([payload]);
    expect(sent().length).toBe(Math.max(1, Math.ceil((length + 8) / 1480)));
  });

  test('and finds no room on the loopback interface is dropped there, and counted', () => {
    const { socket, heard } = listener();
    socket.joinGroup(GROUP);
    lab.host.settle();
    while (socket.send(Uint8Array.of(1), '127.0.0.1', 9) === undefined);
    expect(socket.send(Uint8Array.of(65), GROUP, PORT)).toBeUndefined();
    expect(sent()).toHaveLength(1);
    expect(heard).toEqual([]);
    expect(lab.stack.counters().interfaces[1]).toMatchObject({ name: 'lo', tx: { dropped: { 'link.txFull': 1 } } });
  });

  test('leaves by the interface that was chosen, and that of the source without a choice', () => {
    lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    const socket = lab.stack.udp.open();
    const leaving = (): string => {
      socket.send(Uint8Array.of(1), GROUP, PORT);
      return sent()
        .filter((text) => text.includes('udp'))
        .join();
    };
    expect(leaving()).not.toContain('vlan');
    socket.multicastInterface = 'v7';
    expect(leaving()).toContain('vlan 7 priority 0, ipv4 10.7.0.1 > 239.1.2.3 ttl 1');
    socket.multicastInterface = undefined;
    expect(leaving()).toContain(`ipv4 ${STACK_IP} > `);
    socket.send(Uint8Array.of(1), GROUP, PORT, '10.7.0.1');
    expect(sent().join()).toContain('vlan 7');
    socket.multicastInterface = 'v7';
    socket.connect(GROUP, PORT);
    socket.send(Uint8Array.of(1));
    expect(sent().join()).toContain('vlan 7');
    expect(socket.multicastInterface).toBe('v7');
  });

  test('goes by a route to it', () => {
    lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    lab.stack.routes.add({ destination: '239.0.0.0/8', interface: 'v7' });
    const { socket, heard } = listener();
    socket.joinGroup(GROUP);
    socket.send(Uint8Array.of(65), GROUP, PORT);
    lab.send(toGroup('there', { vlan: 7, src: '10.7.0.2' }), toGroup('here'));
    expect(heard.sort()).toEqual(['A', 'there']);
  });
});

describe('what a raw socket sends to a group', () => {
  test('has a TTL of 1, and is heard by the raw sockets here where the stack has joined it, unless that is not wanted', () => {
    const raw = lab.stack.raw.openProtocol(89);
    lab.stack.joinGroup(lab.iface, '224.0.0.5');
    raw.send(Uint8Array.of(1), '224.0.0.5');
    raw.multicastLoopback = false;
    raw.multicastTtl = 3;
    raw.send(Uint8Array.of(2), '224.0.0.5');
    expect(sent()).toEqual([expect.stringContaining('ttl 1'), expect.stringContaining('ttl 3')]);
    expect(raw.receive()).toMatchObject({ interface: 'lab0' });
    expect(raw.receive()).toBeUndefined();
  });
});

test('the groups that are joined are listed, with what all members want of them', () => {
  lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
  const [one, two] = [listener().socket, listener().socket];
  one.joinGroup(GROUP);
  one.blockSource(GROUP, '192.0.2.1');
  two.joinGroup(OTHER, { interface: 'v7', source: '192.0.2.2' });
  lab.stack.joinGroup(lab.iface, GROUP);
  expect(lab.stack.groups()).toEqual([
    { interface: 'lab0', group: GROUP, mode: 'exclude', sources: [], members: 2 },
    { interface: 'v7', group: OTHER, mode: 'include', sources: ['192.0.2.2'], members: 1 },
  ]);
  one.close();
  two.close();
  lab.stack.leaveGroup(lab.iface, GROUP);
  expect(lab.stack.groups()).toEqual([]);
});

describe('misuse', () => {
  test.each([
    ['no group', (socket) => socket.joinGroup('10.0.0.1'), 'EINVAL'],
    ['no address', (socket) => socket.joinGroup('group'), 'EINVAL'],
    ['no interface', (socket) => socket.joinGroup(GROUP, { interface: 'nowhere' }), 'ENODEV'],
    ['no interface to send by', (socket) => (socket.multicastInterface = 'nowhere'), 'ENODEV'],
    ['a source that is none', (socket) => socket.joinGroup(GROUP, { source: '224.0.0.1' }), 'EINVAL'],
    ['leaving what is not joined', (socket) => socket.leaveGroup(GROUP), 'EADDRNOTAVAIL'],
    ['blocking where nothing is joined', (socket) => socket.blockSource(GROUP, PEER_IP), 'EADDRNOTAVAIL'],
    ['joining twice', (socket) => twice(() => socket.joinGroup(GROUP)), 'EADDRINUSE'],
    ['a source twice', (socket) => twice(() => socket.joinGroup(GROUP, { source: PEER_IP })), 'EADDRINUSE'],
    ['leaving twice', (socket) => (socket.joinGroup(GROUP), twice(() => socket.leaveGroup(GROUP))), 'EADDRNOTAVAIL'],
    [
      'a source where all are joined',
      (socket) => (socket.joinGroup(GROUP), socket.joinGroup(GROUP, { source: PEER_IP })),
      'EINVAL',
    ],
    [
      'blocking where sources are joined',
      (socket) => (socket.joinGroup(GROUP, { source: PEER_IP }), socket.blockSource(GROUP, '192.0.2.1')),
      'EINVAL',
    ],
    [
      'leaving a source that is not joined',
      (socket) => (socket.joinGroup(GROUP, { source: PEER_IP }), socket.leaveGroup(GROUP, { source: '192.0.2.1' })),
      'EADDRNOTAVAIL',
    ],
    [
      'unblocking what is not blocked',
      (socket) => (socket.joinGroup(GROUP), socket.unblockSource(GROUP, PEER_IP)),
      'EADDRNOTAVAIL',
    ],
    ['a closed socket', (socket) => (socket.close(), socket.joinGroup(GROUP)), 'EBADF'],
  ] satisfies [string, (socket: UdpSocket) => unknown, string][])('%s', (_, call, code) => {
    const socket = lab.stack.udp.open();
    expect(() => call(socket)).toThrow(expect.objectContaining({ code }));
  });

  test('the stack’s own joins are checked, and leaving more often than joining changes nothing', () => {
    expect(() => lab.stack.joinGroup(lab.iface, '10.0.0.1')).toThrow(/no multicast group/);
    listener().socket.joinGroup(GROUP);
    lab.stack.leaveGroup(lab.iface, GROUP);
    expect(lab.stack.counters().igmp.groups).toBe(1);
  });
});

function twice(call: () => void): void {
  call();
  call();
}
