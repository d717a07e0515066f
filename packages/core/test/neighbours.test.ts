import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describePacket, ethernet, readPacket, StackLab } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const { PEER_IP, PEER_MAC, STACK_IP, STACK_MAC } = StackLab;
const OTHER_MAC = '02:00:00:00:00:99';

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
  lab.advance('3s');
  lab.receive();
});
afterEach(() => lab.close());

/** Sends a datagram of one byte; what the stack sends at once, in words. */
function send(address = PEER_IP): string[] {
  lab.stack.udp.open().send(Uint8Array.of(1), address, 9);
  lab.host.settle();
  return lab.receive().map((frame) => describePacket(frame));
}

function states(): string[] {
  return lab.stack.neighbours.list().map(({ address, state }) => `${address} ${state}`);
}

const reply = ethernet().arp({ operation: 'reply' });

describe('the list of neighbours', () => {
  test('shows each with its state, and what waits for it', () => {
    send();
    expect(lab.stack.neighbours.list()).toEqual([
      { interface: 'lab0', address: PEER_IP, hardwareAddress: undefined, state: 'incomplete', waiting: 1 },
    ]);
    lab.send(reply);
    expect(lab.stack.neighbours.list()).toEqual([
      { interface: 'lab0', address: PEER_IP, hardwareAddress: PEER_MAC, state: 'reachable', waiting: 0 },
    ]);
    lab.advance('31s');
    expect(states()).toEqual([`${PEER_IP} stale`]);
    send();
    expect(states()).toEqual([`${PEER_IP} probe`]);
    lab.advance('3s');
    expect(states()).toEqual([`${PEER_IP} failed`]);
    lab.advance('2s');
    expect(states()).toEqual([]);
  });

  test('has the neighbours of every link, and none of the loopback interface', () => {
    const vlan = lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
    send();
    send('10.7.0.9');
    send('127.0.0.1');
    expect(lab.stack.neighbours.list().map((each) => each.interface)).toEqual(['lab0', vlan.name]);
  });
});

describe('a neighbour entered by hand', () => {
  beforeEach(() => lab.stack.neighbours.add({ address: PEER_IP, hardwareAddress: PEER_MAC }));

  test('is sent to without being asked for, however long it is silent', () => {
    lab.advance('2h');
    expect(send()).toEqual([expect.stringContaining(`> ${PEER_MAC}`)]);
    expect(states()).toEqual([`${PEER_IP} static`]);
    expect(lab.stack.counters().interfaces[0].arp.neighbours).toBe(1);
  });

  test('stays, and is not asked for, when a connection to it gets no answer', () => {
    const connection = lab.stack.tcp.connect({ address: PEER_IP, port: 9 });
    const told: string[] = [];
    connection.onSoftError = (code) => told.push(code);
    lab.advance('10s');
    expect(told).toEqual(['ETIMEDOUT']);
    lab.advance('60s');
    expect(lab.receive().filter((frame) => readPacket(frame).arp)).toEqual([]);
    expect(states()).toEqual([`${PEER_IP} static`]);
  });

  test('is not replaced by what others say', () => {
    lab.send(
      ethernet({ src: OTHER_MAC }).arp(),
      ethernet({ src: OTHER_MAC }).arp({ operation: 'reply' }),
      ethernet({ dst: 'ff:ff:ff:ff:ff:ff', src: OTHER_MAC }).arp({ operation: 'reply', targetIp: PEER_IP }),
    );
    lab.receive();
    expect(send()).toEqual([expect.stringContaining(`> ${PEER_MAC}`)]);
  });

  test('is changed by entering it again, and asked for once it is removed', () => {
    lab.stack.neighbours.add({ interface: 'lab0', address: PEER_IP, hardwareAddress: OTHER_MAC });
    expect(send()).toEqual([expect.stringContaining(`> ${OTHER_MAC}`)]);
    lab.stack.neighbours.remove({ address: PEER_IP });
    expect(states()).toEqual([]);
    expect(send()).toEqual([expect.stringContaining('arp request')]);
    lab.send(reply);
    expect(states()).toEqual([`${PEER_IP} reachable`]);
  });

  test('gets at once what has waited for it', () => {
    send('10.0.0.7');
    lab.stack.neighbours.add({ address: '10.0.0.7', hardwareAddress: OTHER_MAC });
    lab.host.settle();
    expect(lab.receive().map((frame) => describePacket(frame))).toEqual([expect.stringContaining(`> ${OTHER_MAC}`)]);
  });

  test('is never pushed out of a full table', async () => {
    await lab.close();
    lab = new StackLab({ settings: { arp: { maxNeighbours: 8 } } });
    for (let i = 0; i < 7; i++) lab.stack.neighbours.add({ address: `10.0.0.${i + 10}`, hardwareAddress: OTHER_MAC });
    for (let i = 0; i < 50; i++) lab.send(ethernet().arp({ senderIp: `10.0.0.${i + 100}` }));
    expect(states().filter((text) => text.endsWith('static'))).toHaveLength(7);
    lab.stack.neighbours.add({ address: '10.0.0.17', hardwareAddress: OTHER_MAC });
    expect(() => lab.stack.neighbours.add({ address: '10.0.0.18', hardwareAddress: OTHER_MAC })).toThrow(
      /'lab0' is full.*arp.maxNeighbours/,
    );
    const socket = lab.stack.udp.open();
    expect(socket.send(Uint8Array.of(1), '10.0.0.50', 9)).toBe('EHOSTUNREACH');
    expect(socket.send(Uint8Array.of(1), '10.0.0.17', 9)).toBeUndefined();
  });

  test('that is removed while frames wait for it loses them, counted', () => {
    send('10.0.0.7');
    lab.stack.neighbours.remove({ address: '10.0.0.7' });
    expect(lab.drops('arp.unresolved')).toBe(1);
    expect(lab.stack.counters().interfaces[0].tx.pending).toBe(0);
  });

  test.each([
    ['an address that is none', { address: 'peer', hardwareAddress: PEER_MAC }, /no address of a host/],
    ['a group', { address: '239.1.2.3', hardwareAddress: PEER_MAC }, /no address of a host/],
    ['off our networks', { address: '192.0.2.1', hardwareAddress: PEER_MAC }, /on no network of ours/],
    ['a MAC address that is none', { address: PEER_IP, hardwareAddress: 'aa:bb' }, /no MAC address/],
    ['a multicast one', { address: PEER_IP, hardwareAddress: '01:00:5e:00:00:01' }, /no MAC address/],
    ['no interface', { interface: 'x', address: PEER_IP, hardwareAddress: PEER_MAC }, /no interface 'x'/],
  ])('%s is refused', (_, options, message) => {
    expect(() => lab.stack.neighbours.add(options)).toThrow(message);
  });

  test('removing what is not there is refused', () => {
    expect(() => lab.stack.neighbours.remove({ address: '10.0.0.9' })).toThrow(/knows no such neighbour/);
  });
});

describe('a proxy entry', () => {
  const ask = (targetIp: string, senderIp = PEER_IP) =>
    lab
      .exchange(ethernet({ dst: 'ff:ff:ff:ff:ff:ff' }).arp({ senderIp, targetIp }))
      .map((frame) => describePacket(frame));

  beforeEach(() => lab.stack.neighbours.addProxy('lab0', '10.0.0.64/26'));

  test('has us answer for its addresses, from our own MAC address, and for no others', () => {
    expect(ask('10.0.0.64')).toEqual([
      expect.stringContaining(`arp reply 10.0.0.64 (${STACK_MAC}) to ${PEER_IP} (${PEER_MAC})`),
    ]);
    expect(ask('10.0.0.127')).toHaveLength(1);
    expect(ask('10.0.0.128')).toEqual([]);
    expect(ask(STACK_IP)).toHaveLength(1);
    expect(lab.stack.counters().interfaces[0].arp.repliesSent).toBe(3);
  });

  test('keeps nobody from taking such an address, nor from announcing it', () => {
    expect(ask('10.0.0.70', '0.0.0.0')).toEqual([]);
    expect(ask('10.0.0.70', '10.0.0.70')).toEqual([]);
  });

  test('answers no more once it is removed', () => {
    lab.stack.neighbours.addProxy('lab0', '10.0.0.64/26'); // once more is once
    expect(lab.stack.neighbours.proxies('lab0')).toEqual(['10.0.0.64/26']);
    lab.stack.neighbours.removeProxy('lab0', '10.0.0.64/26');
    expect(ask('10.0.0.64')).toEqual([]);
    expect(() => lab.stack.neighbours.removeProxy('lab0', '10.0.0.64/26')).toThrow(/does not answer for it/);
  });

  test('is refused where it is wrong, or one too many', async () => {
    expect(() => lab.stack.neighbours.addProxy('lab0', '10.0.0.65/26')).toThrow(/behind the prefix/);
    expect(() => lab.stack.neighbours.addProxy('lab0', 'all')).toThrow(/no prefix/);
    expect(() => lab.stack.neighbours.addProxy('nowhere', '10.0.0.64/26')).toThrow(/no interface 'nowhere'/);
    await lab.close();
    lab = new StackLab({ settings: { arp: { maxProxies: 1 } } });
    lab.stack.neighbours.addProxy('lab0', '10.0.0.64/26');
    expect(() => lab.stack.neighbours.addProxy('lab0', '10.0.0.128/26')).toThrow(/arp.maxProxies/);
  });
});
