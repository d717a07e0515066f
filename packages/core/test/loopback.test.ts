import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UdpSocket } from '@lunetta/core';
import { ethernet, StackLab } from '@lunetta/testkit';

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
});
afterEach(() => lab.close());

function echo(address?: string): UdpSocket {
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7, ...(address === undefined ? {} : { address }) });
  socket.onDatagram = (datagram) => datagram.reply();
  return socket;
}

describe('the loopback interface', () => {
  test('is made when the stack first speaks to itself', () => {
    expect(lab.stack.interfaces.map(({ name }) => name)).toEqual(['lab0']);
    lab.stack.udp.open().send(Uint8Array.of(1), '127.0.0.1', 9);
    lab.host.settle();
    expect(lab.stack.interfaces.map(({ name }) => name)).toEqual(['lab0', 'lo']);
    expect(lab.stack.counters().interfaces[1]).toMatchObject({
      name: 'lo',
      rx: { frames: 2, dropped: { 'udp.noPort': 1 } },
    });
  });

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.5.6.7', '127.5.6.7'],
    [StackLab.STACK_IP, StackLab.STACK_IP],
  ])('an echo to %s comes back from there, and nothing is on the wire', (address, from) => {
    echo();
    const client = lab.stack.udp.open();
    const lengths = [0, 1, 1472, 16_356, 16_357, 65_507];
    for (const length of lengths) {
      const payload = Uint8Array.from({ length }, (_, i) => i * 7);
      expect(client.send(payload, address, 7)).toBeUndefined();
      lab.host.settle();
      expect(client.receive()).toMatchObject({ bytes: payload, remoteAddress: from, localAddress: from });
    }
    expect(lab.heard()).toEqual([]);
  });

  test('a socket bound to 127.0.0.1 hears ourselves and nobody on the wire', () => {
    echo('127.0.0.1');
    const client = lab.stack.udp.open();
    client.send(Uint8Array.of(1), '127.0.0.1', 7);
    lab.host.settle();
    expect(client.receive()?.bytes).toEqual(Uint8Array.of(1));
    lab.introduce();
    const [answer] = lab.ask(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)));
    expect(answer?.icmp).toMatchObject({ type: 3, code: 3 });
    expect(
      lab.ask(ethernet().ipv4({ dst: '127.0.0.1' }).udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1))),
    ).toEqual([]);
    expect(
      lab.ask(ethernet().ipv4({ src: '127.0.0.1' }).udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1))),
    ).toEqual([]);
    expect([lab.drops('ipv4.notForUs'), lab.drops('ipv4.badSource')]).toEqual([1, 1]);
  });

  test('a closed port refuses, a ping is answered', () => {
    const client = lab.stack.udp.open();
    client.connect('127.0.0.1', 9);
    client.send(Uint8Array.of(1));
    lab.host.settle();
    expect(client.send(Uint8Array.of(1))).toBe('ECONNREFUSED');
    const results: unknown[] = [];
    for (const size of [0, 56, 65_507]) {
      expect(lab.stack.ping(StackLab.STACK_IP, { size }, (result) => results.push(result))).toBeUndefined();
      lab.host.settle();
    }
    expect(results).toMatchObject([{ size: 0 }, { size: 56 }, { size: 65_507 }]);
  });

  test('what comes from the wire and quotes a datagram to ourselves is not believed', () => {
    const client = lab.stack.udp.open();
    client.bind({ port: 1000 });
    client.connect('127.0.0.1', 9);
    const error = ethernet().ipv4().icmp({ type: 'unreachable', code: 'port_unreachable' });
    lab.send(error.ipv4({ src: '127.0.0.1', dst: '127.0.0.1' }).udp({ srcPort: 1000, dstPort: 9 }));
    expect(lab.drops('icmp.unmatched')).toBe(1);
    expect(client.send(Uint8Array.of(1))).toBeUndefined();
  });

  test('takes as much as there is room for, and says when there is more', () => {
    const sink = lab.stack.udp.open();
    sink.bind({ port: 9 });
    let seen = 0;
    sink.onDatagram = () => void seen++;
    const client = lab.stack.udp.open();
    let sent = 0;
    const fill = (): void => {
      while (sent < 5000 && client.send(Uint8Array.of(1), '127.0.0.1', 9) === undefined) sent++;
    };
    client.onDrain = fill;
    fill();
    expect(sent).toBeLessThan(5000);
    lab.host.settle();
    expect([sent, seen]).toEqual([5000, 5000]);
  });
});
