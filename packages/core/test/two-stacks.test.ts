import { afterEach, describe, expect, test } from '@jest/globals';
import { type PingResult, Stack, type StackSettings, type UdpSocket } from '@lunetta/core';
import {
  createMemoryCable,
  ethernet,
  type PacketBuilder,
  expectConserved,
  type MemoryCableOptions,
  readPacket,
  TestStack,
  VirtualHost,
} from '@lunetta/testkit';

let host: VirtualHost;
let stacks: Stack[] = [];

afterEach(async () => {
  stacks.forEach(expectConserved);
  const closing = Promise.all(stacks.map((stack) => stack.close())).then(() => true);
  let isClosed = false;
  void closing.then(() => (isClosed = true));
  for (let turns = 0; !isClosed && turns < 1000; turns++) {
    host.settle();
    await Promise.resolve();
  }
  await closing;
  for (const stack of stacks) {
    expectConserved(stack);
    for (const { buffers } of stack.counters().interfaces) expect(buffers.inUse).toBe(0);
  }
  stacks = [];
});

function newStack(settings: StackSettings = {}): Stack {
  const stack = new Stack(host, settings);
  stacks.push(stack);
  return stack;
}

/** Two stacks on one cable: 10.0.0.1 and 10.0.0.2. */
function pair(options: MemoryCableOptions = {}): [Stack, Stack] {
  host = new VirtualHost({ seed: 7 });
  const cable = createMemoryCable({ scheduler: host.scheduler, poison: true, ...options });
  const [a, b] = [newStack(), newStack()];
  a.addInterface(cable.a, { name: 'a', addresses: ['10.0.0.1/24'], mode: 'interrupt' });
  b.addInterface(cable.b, { name: 'b', addresses: ['10.0.0.2/24'], mode: 'interrupt' });
  host.settle();
  return [a, b];
}

function echo(stack: Stack): UdpSocket {
  const socket = stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => datagram.reply();
  return socket;
}

describe.each<[string, MemoryCableOptions]>([
  ['with a memory each', {}],
  ['with one memory', { sharedMemory: true, buffers: 8192 }],
  ['padding short frames', { padTo60: true }],
  ['in segments', { segmentSize: 256 }],
  ['with level-triggered wake-ups', { wakeup: 'level' }],
  ['without wake-ups', { wakeup: 'none' }],
  ['where a full cable makes frames wait', { whenFull: 'wait', inFlight: 16 }],
])('two stacks on a cable, %s', (_, options) => {
  test('echo each other’s datagrams of every size, from the first on', () => {
    const [a, b] = pair(options);
    echo(a);
    echo(b);
    for (const [stack, remote] of [
      [a, '10.0.0.2'],
      [b, '10.0.0.1'],
    ] as const) {
      const client = stack.udp.open();
      client.connect(remote, 7);
      for (const length of [0, 1, 2, 17, 18, 19, 255, 256, 1000, 1472]) {
        const payload = Uint8Array.from({ length }, (_, i) => i + length);
        expect(client.send(payload)).toBeUndefined();
        host.advance('10ms');
        expect(client.receive()?.bytes).toEqual(payload);
      }
    }
  });

  test('ping each other', () => {
    const [a, b] = pair(options);
    const results: PingResult[] = [];
    a.ping('10.0.0.2', { size: 1000 }, (result) => results.push(result));
    b.ping('10.0.0.1', {}, (result) => results.push(result));
    host.advance('10ms');
    expect(results).toMatchObject([{ error: undefined }, { error: undefined }]);
    expect(results.map((result) => ('size' in result ? result.size : -1)).sort()).toEqual([1000, 56]);
  });

  test('tell each other of closed ports', () => {
    const [a] = pair(options);
    const client = a.udp.open();
    client.connect('10.0.0.2', 9);
    client.send(Uint8Array.of(1));
    host.advance('10ms');
    expect(client.send(Uint8Array.of(1))).toBe('ECONNREFUSED');
  });

  test('bring a thousand datagrams there and back, with back-pressure', () => {
    const [a, b] = pair(options);
    echo(b);
    const client = a.udp.open();
    client.connect('10.0.0.2', 7);
    let received = 0;
    client.onDatagram = () => received++;
    let sent = 0;
    // Never more under way than the cable holds.
    const push = (): void => {
      while (sent < 1000 && sent - received < 8 && client.send(Uint8Array.of(sent)) === undefined) sent++;
    };
    client.onDrain = push;
    for (let ms = 0; ms < 2000 && received < 1000; ms++) {
      push();
      host.advance('1ms');
    }
    expect(received).toBe(1000);
  });
});

describe('one stack with two interfaces', () => {
  /** A stack with 10.0.0.1 and 10.1.0.1, on two cables of different memories; the test has the other ends. */
  function twoLegs(settings: StackSettings = {}) {
    host = new VirtualHost({ seed: 3 });
    const cables = [2048, 4096].map((bufferSize) => {
      return createMemoryCable({ scheduler: host.scheduler, poison: true, bufferSize });
    });
    const stack = newStack(settings);
    cables.forEach((cable, i) => {
      stack.addInterface(cable.a, {
        name: `leg${i}`,
        addresses: [`10.${i}.0.1/24`],
        hardwareAddress: Uint8Array.of(2, 0, 0, 0, i, 1),
        mode: 'interrupt',
      });
    });
    const peers = cables.map((cable) => new TestStack(cable.b));
    const poll = (): void => {
      for (let i = 0; i < 4; i++) {
        for (const peer of peers) peer.poll();
        host.settle();
      }
    };
    poll();
    peers.forEach((peer) => peer.inbox.splice(0));
    const send = (leg: number, frame: PacketBuilder) => {
      peers[leg].queueFrame(frame.bytes());
      poll();
    };
    const heard = (leg: number) => peers[leg].inbox.splice(0).map(readPacket);
    return { stack, send, heard };
  }

  /** A UDP frame to a leg's own address, or to another one. */
  function udpTo(leg: number, src: string, dst = `10.${leg}.0.1`): PacketBuilder {
    return ethernet({ dst: `02:00:00:00:0${leg}:01` })
      .ipv4({ src, dst })
      .udp()
      .payload(Uint8Array.of(1, 2, 3));
  }

  function arpFrom(leg: number, senderIp: string, operation: 'request' | 'reply' = 'request'): PacketBuilder {
    return ethernet({ dst: `02:00:00:00:0${leg}:01` }).arp({ operation, senderIp, targetIp: `10.${leg}.0.1` });
  }

  test('answers on the interface it was asked on, and tells which that was', () => {
    const { stack, send, heard } = twoLegs();
    const indices: number[] = [];
    const socket = echo(stack);
    socket.onDatagram = (datagram) => {
      indices.push(datagram.interfaceIndex);
      datagram.reply();
    };
    for (const leg of [0, 1]) {
      send(leg, arpFrom(leg, `10.${leg}.0.2`));
      heard(leg);
      send(leg, udpTo(leg, `10.${leg}.0.2`));
      expect(heard(leg).find(({ udp }) => udp)).toMatchObject({ ipv4: { src: `10.${leg}.0.1`, dst: `10.${leg}.0.2` } });
      expect(heard(1 - leg)).toEqual([]);
    }
    expect(indices).toEqual([0, 1]);
  });

  test('a weak host answers by the interface that leads to the asker, with the address that was asked', () => {
    const { stack, send, heard } = twoLegs({ ipv4: { hostModel: 'weak' } });
    echo(stack);
    send(0, udpTo(0, '10.1.0.2'));
    expect(heard(0)).toEqual([]);
    expect(heard(1)).toMatchObject([{ arp: { operation: 'request', targetIp: '10.1.0.2' } }]);
    send(1, arpFrom(1, '10.1.0.2', 'reply'));
    expect(heard(1)).toMatchObject([{ ipv4: { src: '10.0.0.1', dst: '10.1.0.2' }, payload: Uint8Array.of(1, 2, 3) }]);
  });

  test('takes on an interface only what is for that interface’s address (strong host)', () => {
    const { stack, send, heard } = twoLegs();
    echo(stack);
    send(0, udpTo(0, '10.0.0.2', '10.1.0.1'));
    send(0, udpTo(0, '10.0.0.2', '10.1.0.255'));
    expect(stack.counters().interfaces[0].rx.dropped['ipv4.notForUs']).toBe(2);
    expect([heard(0), heard(1)]).toEqual([[], []]);
  });

  test('answers ARP on an interface only for that interface’s address', () => {
    const { send, heard } = twoLegs();
    const frame = ethernet({ dst: 'ff:ff:ff:ff:ff:ff' }).arp({ senderIp: '10.0.0.2', targetIp: '10.1.0.1' });
    send(0, frame);
    expect([heard(0), heard(1)]).toEqual([[], []]);
  });

  test('takes its own address on another interface for a bad source', () => {
    const { stack, send } = twoLegs();
    echo(stack);
    send(0, udpTo(0, '10.1.0.1'));
    expect(stack.counters().interfaces[0].rx.dropped['ipv4.badSource']).toBe(1);
  });
});
