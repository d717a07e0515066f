// Tests that leak on purpose; leak-check.test.ts runs them in a jest of their own.
import { afterEach, describe, expect, test } from '@jest/globals';
import { createMemoryCable, ethernet, StackLab, VirtualHost, VirtualLan } from '@lunetta/testkit';

test('leaves everything open and nothing lost', async () => {
  new StackLab().befriend();
  const lan = new VirtualLan();
  lan.cable(lan.host('a', '10.0.0.1/24'), lan.host('b', '10.0.0.2/24'));
  await lan.advance('1s');
  createMemoryCable();
});

test('retains a datagram for good', () => {
  const lab = new StackLab();
  lab.befriend();
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => void datagram.retain();
  lab.send(ethernet().ipv4().udp());
});

test('loses a frame out of the accounts', () => {
  new StackLab().iface.io.counters[0]++;
});

test('leaves a timer', () => {
  new VirtualHost().scheduler.after(5_000, () => undefined);
});

describe('closed by an afterEach of its own', () => {
  let lab: StackLab;
  afterEach(() => lab.close());
  test('is closed twice', () => {
    lab = new StackLab();
    expect(lab.stack).not.toHaveDropped();
  });
});

describe('made outside of a test', () => {
  const lab = new StackLab();
  test.each([1, 2])('is its maker’s to close, round %d', () => {
    lab.befriend();
    expect(lab.ask(ethernet().ipv4().icmp())).toHaveLength(1);
  });
});
