import { afterEach, describe, expect, test } from '@jest/globals';
import type { PingResult } from '@lunetta/core';
import { createMemoryCable, ethernet, StackLab, TestStack } from '@lunetta/testkit';

const { PEER_IP } = StackLab;

describe('a stack with nothing to do', () => {
  let lab: StackLab;
  afterEach(() => lab.close());

  test.each(['adaptive', 'interrupt'] as const)('sleeps in mode %s, and is woken by a frame', (mode) => {
    lab = new StackLab({ iface: { mode } });
    lab.advance('3s');
    lab.receive();
    lab.befriend();
    expect(lab.host.scheduler.pendingTurns).toBe(0);
    lab.advance('31s'); // the neighbour is no longer confirmed
    expect(lab.host.scheduler.pendingTimers).toBeLessThanOrEqual(1);
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => datagram.reply();
    const answers = lab.ask(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)));
    expect(answers.filter(({ udp }) => udp)).toHaveLength(1);
    expect(lab.host.scheduler.pendingTurns).toBe(0);
  });

  test('is woken by a socket that sends', () => {
    lab = new StackLab();
    lab.befriend();
    lab.advance('1min');
    lab.receive();
    lab.stack.udp.open().send(Uint8Array.of(1), PEER_IP, 9);
    lab.host.settle();
    expect(lab.heard().filter(({ udp }) => udp)).toHaveLength(1);
  });

  test('that cannot be woken polls every millisecond', () => {
    lab = new StackLab({ cable: { wakeup: 'none' } });
    lab.befriend();
    lab.advance('1ms');
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)));
    lab.advance('1ms');
    expect(socket.receive()?.bytes).toEqual(Uint8Array.of(1));
  });

  test.each([0, -1, -1e6])('copes with a ping that waits %d ms', (timeoutMs) => {
    lab = new StackLab();
    lab.befriend();
    lab.advance('1min');
    const results: PingResult[] = [];
    const refused = lab.stack.ping(PEER_IP, { timeoutMs }, (result) => results.push(result));
    lab.advance('1ms');
    if (refused === undefined) expect(results).toEqual([{ error: 'ETIMEDOUT' }]);
    else expect([refused, results]).toEqual(['EINVAL', []]);
  });

  test.each([NaN, Infinity])('copes with a ping that waits %d ms', (timeoutMs) => {
    lab = new StackLab();
    lab.befriend();
    const results: PingResult[] = [];
    const refused = lab.stack.ping(PEER_IP, { timeoutMs }, (result) => results.push(result));
    lab.advance('1h');
    if (refused === undefined) expect(timeoutMs).toBe(Infinity);
    expect(results).toEqual([]);
  });
});

test('an interface added in a callback, on a cable with frames waiting, does not disturb the datagram shown', async () => {
  const lab = new StackLab();
  lab.befriend();
  const cable = createMemoryCable({ scheduler: lab.host.scheduler, poison: true });
  const far = new TestStack(cable.b);
  far.poll();
  const waiting = ethernet()
    .ipv4({ src: '10.1.0.2', dst: '10.1.0.1' })
    .udp({ srcPort: 6, dstPort: 7 })
    .payload(Uint8Array.of(66));
  far.queueFrame(waiting.bytes());
  far.poll();
  const seen: string[] = [];
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => {
    if (datagram.remotePort === 5) {
      const hardwareAddress = Uint8Array.of(2, 0, 0, 0, 0, 1);
      lab.stack.addInterface(cable.a, { name: 'late', addresses: ['10.1.0.1/24'], hardwareAddress, mode: 'interrupt' });
    }
    seen.push(`${datagram.remoteAddress} ${datagram.bytes[0]}`);
    if (datagram.remotePort === 5) expect(datagram.reply()).toBeUndefined();
  };
  lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(55)));
  expect(seen.sort()).toEqual(['10.0.0.2 55', '10.1.0.2 66']);
  await lab.close();
  far.releaseAll();
  await cable.b.close();
});
