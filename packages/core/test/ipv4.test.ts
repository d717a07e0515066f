import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ipv4 } from '@lunetta/core';
import { ethernet, type Ipv4Values, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_IP } = StackLab;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

let lab: StackLab;
let seen: string[];
beforeEach(() => start());
afterEach(() => lab.close());

function start(iface: ConstructorParameters<typeof StackLab>[0] = {}): void {
  lab = new StackLab(iface);
  lab.advance('3s'); // the announcements are over
  lab.receive();
  seen = [];
  const received = seen;
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => received.push(`${datagram.remoteAddress} > ${datagram.localAddress}`);
}

async function restart(options: ConstructorParameters<typeof StackLab>[0]): Promise<void> {
  await lab.close();
  start(options);
}

/** Sends a UDP datagram to port 7 with these header fields. */
function sendWith(fields: Partial<Ipv4Values>, dst?: string): void {
  lab.send(ethernet({ dst }).ipv4(fields).udp().payload('abc'));
}

describe('refuses', () => {
  test.each<[string, Partial<Ipv4Values>, string]>([
    ['version 0', { version: 0 }, 'ipv4.badVersion'],
    ['version 6', { version: 6 }, 'ipv4.badVersion'],
    ['version 15', { version: 15 }, 'ipv4.badVersion'],
    ['a header of 0 bytes', { headerLength: 0 }, 'ipv4.badHeaderLength'],
    ['a header of 16 bytes', { headerLength: 16 }, 'ipv4.badHeaderLength'],
    ['a header past the end of the frame', { headerLength: 60 }, 'ipv4.badHeaderLength'],
    ['a total length of 0', { totalLength: 0 }, 'ipv4.badTotalLength'],
    ['a total length under the header', { totalLength: 19 }, 'ipv4.badTotalLength'],
    ['a total length past the end of the frame', { totalLength: 32 }, 'ipv4.badTotalLength'],
    ['a total length of 65,535', { totalLength: 65_535 }, 'ipv4.badTotalLength'],
    ['a wrong checksum', { checksum: 0x1234 }, 'ipv4.badChecksum'],
    ['a checksum of 0', { checksum: 0 }, 'ipv4.badChecksum'],
    ['a source of 0.0.0.0', { src: '0.0.0.0' }, 'ipv4.badSource'],
    ['a source of 0/8', { src: '0.1.2.3' }, 'ipv4.badSource'],
    ['a source of 127/8', { src: '127.0.0.1' }, 'ipv4.badSource'],
    ['a multicast source', { src: '224.0.0.5' }, 'ipv4.badSource'],
    ['a source of class E', { src: '240.0.0.1' }, 'ipv4.badSource'],
    ['a broadcast source', { src: '255.255.255.255' }, 'ipv4.badSource'],
    ['the directed broadcast as a source', { src: '10.0.0.255' }, 'ipv4.badSource'],
    ['our own address as a source', { src: STACK_IP }, 'ipv4.badSource'],
    ['another host of our network', { dst: '10.0.0.3' }, 'ipv4.notForUs'],
    ['a foreign host', { dst: '192.0.2.1' }, 'ipv4.notForUs'],
    ['0.0.0.0', { dst: '0.0.0.0' }, 'ipv4.notForUs'],
    ['127.0.0.1 from the wire', { dst: '127.0.0.1' }, 'ipv4.notForUs'],
    ['another network’s broadcast', { dst: '10.0.1.255' }, 'ipv4.notForUs'],
    ['a group that nobody has joined', { dst: '224.0.0.2' }, 'ipv4.notForUs'],
    ['the ping of death’s last fragment', { fragmentOffset: 65_528 }, 'ipv4.badFragment'],
  ])('%s', (_, fields, reason) => {
    sendWith(fields);
    expect(lab.drops(reason)).toBe(1);
    expect(seen).toEqual([]);
    expect(lab.heard()).toEqual([]);
  });

  test('frames too short for a header', () => {
    const whole = ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)).bytes();
    for (let length = 14; length < 34; length++) lab.send(whole.subarray(0, length));
    expect(lab.drops('ipv4.truncated')).toBe(20);
  });

  test('a unicast datagram in a broadcast or multicast frame', () => {
    sendWith({}, BROADCAST);
    sendWith({}, '01:00:5e:00:00:01');
    expect(lab.drops('ipv4.unicastInBroadcast')).toBe(2);
    expect(seen).toEqual([]);
  });

  test('with an address of ours on no interface, 0.0.0.0 is still nobody', async () => {
    await restart({ iface: { addresses: [] } });
    sendWith({ dst: '0.0.0.0' });
    expect(lab.drops('ipv4.notForUs')).toBe(1);
    expect(seen).toEqual([]);
  });
});

describe('accepts', () => {
  test.each([0, 1, 2, 255])('a TTL of %d: we are the destination', (ttl) => {
    sendWith({ ttl });
    expect(seen).toHaveLength(1);
  });

  test('the limited broadcast, the directed broadcast, and each of our addresses', async () => {
    await restart({ iface: { addresses: ['10.0.0.1/24', '172.16.5.9/20', '192.0.2.6/31', '192.0.2.9/32'] } });
    for (const dst of ['10.0.0.1', '172.16.5.9', '192.0.2.6', '192.0.2.9']) sendWith({ dst });
    for (const dst of ['255.255.255.255', '10.0.0.255', '172.16.15.255']) sendWith({ dst }, BROADCAST);
    expect(seen.map((way) => way.split(' > ')[1])).toEqual([
      ...['10.0.0.1', '172.16.5.9', '192.0.2.6', '192.0.2.9'],
      ...['255.255.255.255', '10.0.0.255', '172.16.15.255'],
    ]);
    sendWith({ dst: '192.0.2.7' }, BROADCAST); // the other end of a /31, no broadcast address
    expect(lab.drops('ipv4.notForUs')).toBe(1);
  });

  test('the reserved flag and any identification and TOS', () => {
    sendWith({ reservedFlag: true, id: 0xffff, tos: 0xff });
    sendWith({ reservedFlag: true, dontFragment: true, id: 0 });
    expect(seen).toHaveLength(2);
  });
});

describe('options', () => {
  const NOP = 1;
  test.each([
    ['no-operations and the end of the list', [NOP, NOP, NOP, 0]],
    ['whatever follows the end of the list', [0, 131, 0, 255]],
    ['a record route', [7, 7, 4, 0, 0, 0, 0, 0]],
    ['a timestamp', [68, 8, 5, 0, 0, 0, 0, 0]],
    ['a router alert', [148, 4, 0, 0]],
    ['an unknown one with a length', [0x99, 4, 1, 2]],
    ['a loose source route at its end', [131, 7, 8, 10, 0, 0, 9, 0]],
    ['a strict source route at its end', [137, 7, 8, 10, 0, 0, 9, 0]],
    ['forty bytes of them', new Array<number>(40).fill(NOP)],
  ])('%s: delivered', (_, options) => {
    sendWith({ options: Uint8Array.from(options) });
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['a length of 0', [7, 0, 4, 0]],
    ['a length of 1', [7, 1, 4, 0]],
    ['a length past the header', [7, 8, 4, 0]],
    ['a length of 255', [68, 255, 5, 0]],
    ['a kind in the last byte, without a length', [NOP, NOP, NOP, 7]],
    ['a loose source route with hops left', [131, 7, 4, 10, 0, 0, 9, 0]],
    ['a strict source route with hops left', [137, 7, 4, 10, 0, 0, 9, 0]],
    ['a source route too short for a pointer', [131, 2, 0, 0]],
    ['a second one that is bad', [NOP, 148, 4, 0, 0, 131, 3, 0]],
  ])('%s: refused', (_, options) => {
    sendWith({ options: Uint8Array.from(options) });
    expect(lab.drops('ipv4.badOptions')).toBe(1);
    expect(seen).toEqual([]);
  });

  test('an answer carries none of them', () => {
    lab.befriend();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 8 });
    socket.onDatagram = (datagram) => datagram.reply();
    const frame = ethernet()
      .ipv4({ options: new Uint8Array(40).fill(NOP) })
      .udp({ srcPort: 5, dstPort: 8 })
      .payload(Uint8Array.of(9));
    const [answer] = lab.ask(frame);
    expect(answer).toMatchObject({ ethernet: { dst: PEER_MAC }, payload: Uint8Array.of(9) });
    expect(answer.ipv4!.totalLength).toBe(29);
  });
});

describe('protocols', () => {
  test('one that nobody speaks is answered with a protocol unreachable', () => {
    lab.befriend();
    const [error, ...rest] = lab.ask(ethernet().ipv4({ protocol: 132 }).payload(new Uint8Array(20)));
    expect(rest).toEqual([]);
    expect(error.icmp).toMatchObject({ type: 3, code: 2 });
    expect(lab.drops('ipv4.unknownProtocol')).toBe(1);
  });
});

describe('routes', () => {
  const GATEWAY = '10.0.0.254';
  const GATEWAY_MAC = '02:00:00:00:00:fe';

  test('a host on our network is sent to itself, any other through the gateway', async () => {
    await restart({ iface: { gateway: GATEWAY } });
    lab.befriend();
    lab.befriend(GATEWAY, GATEWAY_MAC);
    const socket = lab.stack.udp.open();
    for (const address of [PEER_IP, '192.0.2.1', '10.0.1.1', '8.8.8.8']) socket.send(Uint8Array.of(1), address, 9);
    lab.host.settle();
    expect(lab.heard().map(({ ethernet, ipv4 }) => [ethernet.dst, ipv4!.dst])).toEqual([
      [PEER_MAC, PEER_IP],
      [GATEWAY_MAC, '192.0.2.1'],
      [GATEWAY_MAC, '10.0.1.1'],
      [GATEWAY_MAC, '8.8.8.8'],
    ]);
  });

  test('the longest prefix wins, whatever the order in which the routes came', async () => {
    await restart({ iface: { gateway: GATEWAY } });
    const { routes } = lab.stack.ipv4;
    const iface = lab.iface.ipv4;
    const via = (last: number) => 0x0a000000 | last;
    routes.add({ prefix: 0xc0000200 | 0, prefixLength: 24, gateway: via(20), iface });
    routes.add({ prefix: 0xc0000000 | 0, prefixLength: 8, gateway: via(30), iface });
    routes.add({ prefix: 0xc0000201 | 0, prefixLength: 32, gateway: via(40), iface });
    for (const last of [20, 30, 40, 254]) lab.befriend(`10.0.0.${last}`, `02:00:00:00:01:${last.toString(16)}`);
    const socket = lab.stack.udp.open();
    const lastOf = (address: string): number => {
      socket.send(Uint8Array.of(1), address, 9);
      lab.host.settle();
      return parseInt(lab.heard()[0].ethernet.dst.split(':')[5], 16);
    };
    expect(['192.0.2.1', '192.0.2.2', '192.1.1.1', '193.0.0.1'].map(lastOf)).toEqual([40, 20, 30, 254]);
  });

  test('a changed route is followed by a socket that has sent before, a connected one, too', async () => {
    await restart({ iface: { gateway: GATEWAY } });
    lab.befriend(GATEWAY, GATEWAY_MAC);
    lab.befriend();
    const [socket, connected] = [lab.stack.udp.open(), lab.stack.udp.open()];
    connected.connect('192.0.2.1', 9);
    const destinations = (): string[] => {
      socket.send(Uint8Array.of(1), '192.0.2.1', 9);
      connected.send(Uint8Array.of(1));
      lab.host.settle();
      return lab.heard().map((frame) => frame.ethernet.dst);
    };
    expect(destinations()).toEqual([GATEWAY_MAC, GATEWAY_MAC]);
    lab.stack.ipv4.routes.add({
      prefix: 0xc0000200 | 0,
      prefixLength: 24,
      gateway: 0x0a000002,
      iface: lab.iface.ipv4,
    });
    expect(destinations()).toEqual([PEER_MAC, PEER_MAC]);
  });

  test.each(['0.1.2.3', '0.0.0.0', '240.0.0.1'])('nothing goes to %s, not even with a gateway', async (address) => {
    await restart({ iface: { gateway: GATEWAY } });
    expect(lab.stack.udp.open().send(Uint8Array.of(1), address, 9)).toMatch(/^E(NETUNREACH|INVAL)$/);
    lab.host.settle();
    expect(lab.heard()).toEqual([]);
  });

  test.each(['127.0.0.1', '127.1.2.3', STACK_IP])('nothing goes to %s over the wire', async (address) => {
    await restart({ iface: { gateway: GATEWAY } });
    expect(lab.stack.udp.open().send(Uint8Array.of(1), address, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toEqual([]);
  });
});

describe('the source address', () => {
  beforeEach(() => restart({ iface: { addresses: ['10.0.0.1/24', '172.16.0.1/16'], gateway: '172.16.0.254' } }));

  test.each([
    ['a host of our first network', '10.0.0.2', '10.0.0.2', '10.0.0.1'],
    ['a host of our second network', '172.16.9.9', '172.16.9.9', '172.16.0.1'],
    ['a host behind the gateway of our second network', '192.0.2.1', '172.16.0.254', '172.16.0.1'],
  ])('for %s', (_, remote, via, source) => {
    lab.befriend(via, PEER_MAC);
    lab.stack.udp.open().send(Uint8Array.of(1), remote, 9);
    lab.host.settle();
    expect(lab.heard()[0].ipv4).toMatchObject({ src: source, dst: remote });
  });

  test('is the one that the socket is bound to', () => {
    lab.befriend();
    const socket = lab.stack.udp.open();
    socket.bind({ address: '172.16.0.1' });
    socket.send(Uint8Array.of(1), PEER_IP, 9);
    lab.host.settle();
    expect(lab.heard()[0].ipv4!.src).toBe('172.16.0.1');
  });

  test('is chosen anew when our addresses change', () => {
    lab.befriend();
    const socket = lab.stack.udp.open();
    socket.send(Uint8Array.of(1), PEER_IP, 9);
    lab.host.settle();
    expect(lab.heard()[0].ipv4!.src).toBe('10.0.0.1');
    lab.stack.ipv4.setAddresses(lab.iface.ipv4, [{ address: 0x0a000005, prefixLength: 24 }]);
    expect(socket.send(Uint8Array.of(2), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()[0].ipv4!.src).toBe('10.0.0.5');
  });
});

describe('what is sent', () => {
  test('has the socket’s TTL and TOS', () => {
    lab.befriend();
    const socket = lab.stack.udp.open();
    socket.ttl = 3;
    socket.tos = 0xb8;
    socket.send(Uint8Array.of(1), PEER_IP, 9);
    lab.host.settle();
    expect(lab.heard()[0].ipv4).toMatchObject({ ttl: 3, tos: 0xb8, protocol: ipv4.PROTOCOL_UDP });
  });

  test('goes to a group by its own MAC address, with a TTL of 1', () => {
    lab.stack.udp.open().send(Uint8Array.of(1), '239.129.2.3', 9);
    lab.host.settle();
    expect(lab.heard()[0]).toMatchObject({ ethernet: { dst: '01:00:5e:01:02:03' }, ipv4: { ttl: 1, src: STACK_IP } });
  });

  test('goes to broadcast addresses by the broadcast MAC address, with permission', () => {
    const socket = lab.stack.udp.open();
    for (const address of ['255.255.255.255', '10.0.0.255']) {
      socket.broadcast = false;
      expect(socket.send(Uint8Array.of(1), address, 9)).toBe('EACCES');
      socket.broadcast = true;
      expect(socket.send(Uint8Array.of(1), address, 9)).toBeUndefined();
      lab.host.settle();
      expect(lab.heard()).toMatchObject([{ ethernet: { dst: BROADCAST }, ipv4: { dst: address, src: STACK_IP } }]);
    }
  });

  test('a TTL of 0 never leaves, nor anything else that no header can hold', () => {
    const socket = lab.stack.udp.open();
    for (const wrong of [0, -1, 256, 1.5, NaN]) {
      expect(() => (socket.ttl = wrong)).toThrow(/EINVAL/);
      expect(() => (socket.multicastTtl = wrong)).toThrow(/EINVAL/);
      if (wrong !== 0) expect(() => (socket.tos = wrong)).toThrow(/EINVAL/);
    }
    socket.ttl = 255;
    socket.tos = 0;
    expect([socket.ttl, socket.multicastTtl, socket.tos]).toEqual([255, 1, 0]);
  });
});

test('a group is heard by a socket bound to it, or to any address, not by one bound to our address', () => {
  const heard: string[] = [];
  for (const address of ['239.1.2.3', '239.1.2.4', STACK_IP, undefined]) {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 4000 + heard.length, ...(address !== undefined && { address }) });
    socket.close();
    const listener = lab.stack.udp.open();
    listener.bind({ port: 5000, reusePort: true, ...(address !== undefined && { address }) });
    listener.joinGroup('239.1.2.3');
    listener.onDatagram = () => heard.push(address ?? 'any');
  }
  const group = ethernet({ dst: '01:00:5e:01:02:03' }).ipv4({ dst: '239.1.2.3' });
  lab.send(group.udp({ srcPort: 5, dstPort: 5000 }).payload(Uint8Array.of(1)));
  expect(heard.sort()).toEqual(['239.1.2.3', 'any']);
});
