import { afterEach, describe, expect, test } from '@jest/globals';
import { Verdict, type FilterFunction, type FilterHook } from '@lunetta/core';
import { ethernet, StackLab } from '@lunetta/testkit';
import { RouterLab } from './support/router-lab.js';

const { PEER_IP, STACK_IP } = StackLab;
const PING_PONG = { srcPort: 5000, dstPort: 7 };

describe('a packet filter on the way to our sockets and from them', () => {
  let lab: StackLab;
  afterEach(() => lab.close());

  function start(hook: FilterHook, filter: FilterFunction): () => void {
    lab = new StackLab();
    lab.befriend();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => datagram.reply();
    return lab.stack.filter.add(hook, filter);
  }

  const ask = () =>
    lab.ask(
      ethernet()
        .ipv4()
        .udp(PING_PONG)
        .payload(Uint8Array.of(1, 2, 3)),
    );

  test('sees what there is to see', () => {
    const seen: unknown[] = [];
    start('input', (datagram) => {
      const { source, destination, sourcePort, destinationPort, protocol, ttl, tos, length } = datagram;
      const { inInterface, outInterface, isFragment, tcpFlags, icmpType } = datagram;
      seen.push({ source, destination, sourcePort, destinationPort, protocol, ttl, tos, length });
      seen.push({ inInterface, outInterface, isFragment, tcpFlags, icmpType, payload: [...datagram.payload].slice(8) });
      return Verdict.PASS;
    });
    expect(ask()).toHaveLength(1);
    expect(seen).toEqual([
      {
        ...{ source: PEER_IP, destination: STACK_IP, sourcePort: 5000, destinationPort: 7 },
        ...{ protocol: 17, ttl: 64, tos: 0, length: 31 },
      },
      {
        ...{ inInterface: 'lab0', outInterface: undefined, isFragment: false, tcpFlags: 0, icmpType: -1 },
        payload: [1, 2, 3],
      },
    ]);
  });

  test('drops without a word, rejects with ICMP, until it is taken out', () => {
    let verdict = Verdict.DROP;
    const remove = start('input', () => verdict);
    expect(ask()).toEqual([]);
    verdict = Verdict.REJECT;
    expect(ask()).toMatchObject([{ icmp: { type: 3, code: 13 } }]);
    expect(lab.drops('filter.input')).toBe(2);
    remove();
    expect(ask()).toMatchObject([{ udp: { dstPort: 5000 } }]);
    expect(lab.stack.filter.input).toBeNull();
  });

  test('of several the first that does not pass decides', () => {
    const calls: number[] = [];
    start('input', (datagram) => (calls.push(1), datagram.destinationPort === 7 ? Verdict.PASS : Verdict.DROP));
    lab.stack.filter.add('input', () => (calls.push(2), Verdict.DROP));
    lab.stack.filter.add('input', () => (calls.push(3), Verdict.PASS));
    expect(ask()).toEqual([]);
    expect(calls).toEqual([1, 2]);
  });

  test('one that throws drops, and the error goes to the host', () => {
    start('input', () => {
      throw new Error('a bug of the filter');
    });
    expect(ask).toThrow('a bug of the filter');
    expect(lab.drops('filter.input')).toBe(1);
  });

  test('on the way out drops answers and what is sent, whole or in fragments; no buffer is lost', () => {
    start('output', ({ destinationPort }) => (destinationPort === 5000 ? Verdict.DROP : Verdict.PASS));
    expect(ask()).toEqual([]);
    const socket = lab.stack.udp.open();
    expect(socket.send(new Uint8Array(10_000), PEER_IP, 5000)).toBeUndefined();
    expect(socket.send(Uint8Array.of(1), PEER_IP, 5001)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toMatchObject([{ udp: { dstPort: 5001 } }]);
    expect(lab.drops('filter.output')).toBe(2);
  });

  test('changes a datagram; every checksum stays right', () => {
    start('input', (datagram) => {
      if (datagram.destinationPort === 70) datagram.destinationPort = 7;
      return Verdict.PASS;
    });
    lab.stack.filter.add('output', (datagram) => {
      datagram.tos = 0x28;
      datagram.ttl = 9;
      datagram.sourcePort = 70;
      datagram.source = '10.0.0.77';
      return Verdict.PASS;
    });
    // Every frame that is heard is held to its checksums.
    for (let length = 0; length < 50; length++) {
      const payload = Uint8Array.from({ length }, (_, i) => i * length);
      const frame = ethernet().ipv4().udp({ srcPort: 5000, dstPort: 70 }).payload(payload);
      expect(lab.ask(frame)).toMatchObject([
        { ipv4: { src: '10.0.0.77', dst: PEER_IP, ttl: 9, tos: 0x28 }, udp: { srcPort: 70, dstPort: 5000 }, payload },
      ]);
    }
  });
});

test('a packet filter on the way out sees by which interface a connection that was accepted answers', async () => {
  const lab = new RouterLab();
  const leftBy: unknown[] = [];
  lab.stack.filter.add('output', ({ outInterface }) => {
    leftBy.push(outInterface);
    return Verdict.PASS;
  });
  lab.stack.tcp.listen({ port: 80 });
  const ends = { src: '10.0.1.2', dst: '10.0.1.1' };
  lab.send(
    1,
    lab
      .from(1)
      .ipv4(ends)
      .tcp({ srcPort: 5000, dstPort: 80, seq: 7, flags: ['SYN'] }),
  );
  const [synAck] = lab.heard(1);
  const established = { srcPort: 5000, dstPort: 80, seq: 8, ack: synAck.tcp!.seq + 1, flags: ['ACK'] } as const;
  lab.send(1, lab.from(1).ipv4(ends).tcp(established));
  lab.send(
    1,
    lab
      .from(1)
      .ipv4(ends)
      .tcp({ ...established, flags: ['ACK', 'FIN'] }),
  );
  expect(lab.heard(1).length).toBeGreaterThan(0);
  expect(leftBy.length).toBeGreaterThan(1);
  expect(new Set(leftBy)).toEqual(new Set(['side1']));
  await lab.close();
});

describe('a packet filter on the way through us', () => {
  let lab: RouterLab;
  afterEach(() => lab.close());
  const THERE = { src: '10.0.0.2', dst: '10.0.1.2' };

  test('drops, rejects and passes by interface, and translates addresses', () => {
    lab = new RouterLab();
    lab.stack.filter.add('forward', (datagram) => {
      if (datagram.inInterface === 'side1' && datagram.outInterface === 'side0') return Verdict.REJECT;
      if (datagram.sourcePort !== 1000) return Verdict.DROP;
      datagram.source = '10.0.1.1';
      return Verdict.PASS;
    });
    lab.send(0, lab.datagram(0, THERE));
    expect(lab.heard(1)).toMatchObject([
      { ipv4: { src: '10.0.1.1', dst: '10.0.1.2', ttl: 63 }, udp: { srcPort: 1000 } },
    ]);
    lab.send(1, lab.datagram(1, { src: '10.0.1.2', dst: '10.0.0.2' }));
    expect(lab.heard(1)).toMatchObject([{ icmp: { type: 3, code: 13 } }]);
    expect(lab.heard(0)).toEqual([]);
    const gre = lab.from(0).ipv4({ ...THERE, protocol: 47 });
    lab.send(0, gre.payload(new Uint8Array(8)));
    expect([lab.heard(1), lab.drops(0, 'filter.forward'), lab.drops(1, 'filter.forward')]).toEqual([[], 1, 1]);
  });
});
