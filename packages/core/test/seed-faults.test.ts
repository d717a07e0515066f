/** The faults found in the program that this stack descends from, A to L and those beside them: never ours. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { ethernet, ipv4, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_IP, STACK_MAC } = StackLab;
let lab: StackLab;
afterEach(() => lab.close());

function bytes(length: number, first = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i);
}

/** A socket on port 7 that answers, and what it has seen. */
function echo(): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => {
    seen.push(datagram.bytes.slice());
    datagram.reply();
  };
  return seen;
}

describe('faults of the seed', () => {
  test('A: an ARP reply names the asker as its target, not byte-swapped', () => {
    lab = new StackLab();
    const [reply] = lab.ask(ethernet().arp({ senderIp: '10.0.0.77' }));
    expect(reply.arp).toMatchObject({
      operation: 'reply',
      senderMac: STACK_MAC,
      senderIp: STACK_IP,
      targetMac: PEER_MAC,
      targetIp: '10.0.0.77',
    });
  });

  test('B: datagrams that waited for ARP go out with their bytes, all of them, in order', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    for (let i = 0; i < 5; i++) expect(socket.send(bytes(20, i * 20), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    const [request, ...others] = lab.heard();
    expect(request.arp).toMatchObject({ operation: 'request', targetIp: PEER_IP });
    expect(others).toEqual([]);
    const sent = lab.ask(ethernet().arp({ operation: 'reply' }));
    expect(sent.map((frame) => frame.payload)).toEqual([0, 1, 2, 3, 4].map((i) => bytes(20, i * 20)));
  });

  test('C: an echo request with a header of 40 bytes in a short frame is dropped', () => {
    lab = new StackLab();
    lab.befriend();
    for (const totalLength of [20, 28, 39, 40, 44, 47, 65_535]) {
      expect(lab.ask(ethernet().ipv4({ headerLength: 40, totalLength }).icmp({ rest: 1 }))).toEqual([]);
    }
    expect(lab.drops('ipv4.badHeaderLength')).toBe(7);
    // The 40 bytes of the header are there, the eight of the message are not.
    const options = new Uint8Array(20).fill(1);
    expect(lab.ask(ethernet().ipv4({ protocol: 1, options }).payload(bytes(4)))).toEqual([]);
    expect(lab.drops('icmp.truncated')).toBe(1);
  });

  test('D: an echo request from 255.255.255.255 is dropped', () => {
    lab = new StackLab();
    const request = ethernet().ipv4({ src: '255.255.255.255' }).icmp({ rest: 1 });
    expect(lab.ask(request.payload(bytes(8)))).toEqual([]);
    expect(lab.drops('ipv4.badSource')).toBe(1);
  });

  test('E: a UDP datagram shorter than its header says is dropped', () => {
    lab = new StackLab();
    const seen = echo();
    const frames = [9, 100, 1480, 65_535].map((length) =>
      ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, length }).payload(bytes(0)),
    );
    expect(lab.ask(...frames)).toEqual([]);
    expect(lab.drops('udp.badLength')).toBe(4);
    expect(seen).toEqual([]);
  });

  test('F: a datagram of 1,473 bytes leaves in fragments, or is refused with EMSGSIZE, and the stack goes on', () => {
    lab = new StackLab();
    lab.befriend();
    const socket = lab.stack.udp.open();
    expect(socket.send(bytes(1473), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toMatchObject([
      { ipv4: { fragmentOffset: 0, moreFragments: true } },
      { ipv4: { fragmentOffset: 1480, moreFragments: false } },
    ]);
    socket.dontFragment = true;
    expect(socket.send(new Uint8Array(1473), PEER_IP, 9)).toBe('EMSGSIZE');
    expect(socket.send(bytes(1472), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard().map((frame) => frame.payload)).toEqual([bytes(1472)]);
  });

  test('G: the limit of a receive queue holds for ever, and no entry is lost or counted twice', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 9 });
    socket.receiveBufferSize = 10 * (256 + 4);
    let received = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 15; i++) lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(bytes(4, i)));
      for (let i = 0; i < 10; i++) expect(socket.receive()?.bytes).toEqual(bytes(4, i));
      expect(socket.receive()).toBeUndefined();
      received += 10;
    }
    expect(socket.lost).toBe(50 * 5);
    expect(lab.drops('udp.receiveQueueFull')).toBe(50 * 5);
    expect(lab.stack.counters().udp.delivered).toBe(received);
  });

  test('H: buffers that wait for a host that never answers come back', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    for (let host = 10; host < 200; host++) {
      expect(socket.send(bytes(8), `10.0.0.${host}`, 9)).toBeUndefined();
      lab.host.settle();
    }
    expect(lab.stack.counters().interfaces[0].tx.pending).toBeGreaterThan(0);
    lab.advance('10s');
    const { tx, held, buffers } = lab.stack.counters().interfaces[0];
    expect([tx.pending, tx.queued, held]).toEqual([0, 0, 0]);
    expect(buffers.inUse).toBe(64); // the stock
    expect(lab.drops('arp.unresolved')).toBe(190);
  });

  test('I: one byte arrives as one byte, whatever padding follows it', () => {
    lab = new StackLab({ cable: { padTo60: true } });
    lab.befriend();
    const seen = echo();
    const frame = ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(bytes(1));
    const answers = lab.ask(frame, Buffer.concat([frame.bytes(), new Uint8Array(17).fill(0xee)]));
    expect(seen).toEqual([bytes(1), bytes(1)]);
    expect(answers.map((answer) => answer.payload)).toEqual([bytes(1), bytes(1)]);
  });

  test('J: a flood of ARP from 8,000 senders leaves the table within its limit', () => {
    lab = new StackLab();
    for (let i = 0; i < 8000; i += 50) {
      const frames = Array.from({ length: 50 }, (_, n) => {
        const id = i + n;
        const senderMac = `02:00:01:00:${hex(id >> 8)}:${hex(id & 255)}`;
        return ethernet({ src: senderMac }).arp({ senderIp: `10.${1 + (id >> 16)}.${(id >> 8) & 255}.${id & 255}` });
      });
      lab.exchange(...frames);
    }
    const { arp } = lab.stack.counters().interfaces[0];
    expect(arp.neighbours).toBe(4096);
    expect(arp.evicted).toBe(8000 - 4096);
    expect(arp.repliesSent).toBe(8000);
    lab.befriend();
    const seen = echo();
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(bytes(3)));
    expect(seen).toEqual([bytes(3)]);
  });

  test('K: a wrong ICMP checksum is not answered, a first fragment is not delivered', () => {
    lab = new StackLab();
    lab.befriend();
    const seen = echo();
    expect(lab.ask(ethernet().ipv4().icmp({ rest: 1, checksum: 0x1234 }).payload(bytes(8)))).toEqual([]);
    expect(lab.drops('icmp.badChecksum')).toBe(1);
    const whole = ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(bytes(8)).bytes().subarray(20);
    for (const [fragmentOffset, moreFragments] of [
      [0, true],
      [24, true],
      [48, false],
      [65_528, false],
    ] as const) {
      lab.ask(ethernet().ipv4({ fragmentOffset, moreFragments }).payload(whole));
    }
    expect(lab.drops('ipv4.badFragment')).toBe(1);
    expect(seen).toEqual([]);
    lab.ask(ethernet().ipv4({ dontFragment: true }).payload(whole)); // don't fragment is no fragment
    expect(seen).toEqual([bytes(8)]);
  });

  test('L: a datagram of 60,000 bytes leaves in fragments; one that a header claims is refused', () => {
    lab = new StackLab();
    lab.befriend();
    const seen = echo();
    const socket = lab.stack.udp.open();
    expect(socket.send(new Uint8Array(60_000), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toHaveLength(41);
    expect(lab.ask(ethernet().ipv4({ totalLength: 60_028 }).payload(bytes(200)))).toEqual([]);
    expect(lab.drops('ipv4.badTotalLength')).toBe(1);
    expect(seen).toEqual([]);
  });

  test('also: when no buffer is left a send is refused, not crashed, and counted', () => {
    lab = new StackLab({ cable: { stock: 2 } });
    lab.befriend();
    const socket = lab.stack.udp.open();
    const outcomes = [1, 2, 3].map((i) => socket.send(bytes(i), PEER_IP, 9));
    expect(outcomes).toEqual([undefined, undefined, 'EAGAIN']);
    expect(lab.stack.counters().udp.sendRefused).toBe(1);
  });

  test('also: the UDP checksum is made and checked', () => {
    lab = new StackLab();
    lab.befriend();
    const seen = echo();
    expect(lab.ask(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, checksum: 0x1234 }).payload(bytes(8)))).toEqual([]);
    expect(lab.drops('udp.badChecksum')).toBe(1);
    expect(seen).toEqual([]);
    const [answer] = lab.ask(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload(bytes(8)));
    expect(answer.udp!.checksum).not.toBe(0); // and right, or `ask` had thrown
  });

  test('also: sockets are more than sixteen, can be closed, and their ports are free again', () => {
    lab = new StackLab();
    for (let round = 0; round < 2; round++) {
      const sockets = Array.from({ length: 2000 }, (_, i) => {
        const socket = lab.stack.udp.open();
        socket.bind({ port: 10_000 + i });
        return socket;
      });
      expect(lab.stack.counters().udp.sockets).toBe(2000);
      for (const socket of sockets) socket.close();
      expect(lab.stack.counters().udp.sockets).toBe(0);
    }
  });
});

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
