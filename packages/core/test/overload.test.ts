/** Offered ten times what fits: counted drops, no growth, and all as before a second later. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { ethernet, expectConserved, type PacketBuilder, StackLab } from '@lunetta/testkit';

const { PEER_IP } = StackLab;
const SMALL = { buffers: 128, inFlight: 32, burst: 16, txCapacity: 16, stock: 16 } as const;

let lab: StackLab;
afterEach(() => lab.close());

function start(options: ConstructorParameters<typeof StackLab>[0] = {}): void {
  lab = new StackLab({ cable: SMALL, ...options });
  lab.advance('3s'); // the announcements are over
  lab.receive();
  lab.befriend();
}

function echo(): void {
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => datagram.reply();
}

function to(dstPort: number, src = PEER_IP, length = 100): PacketBuilder {
  return ethernet().ipv4({ src }).udp({ srcPort: 5, dstPort }).payload(new Uint8Array(length));
}

/** A second after an overload a datagram is echoed, nothing is held, and the accounts add up. */
function expectAsBefore(): void {
  lab.advance('1s');
  lab.receive();
  lab.befriend();
  const answers = lab.ask(to(7)).filter(({ udp }) => udp);
  expect(answers).toHaveLength(1);
  const { tx, held, buffers } = lab.stack.counters().interfaces[0];
  expect([tx.pending, tx.queued, held]).toEqual([0, 0, 0]);
  expect(buffers.inUse).toBe(SMALL.stock);
  expectConserved(lab.stack);
}

test('ten cables full at once: what fits is echoed, the rest the cable counts', () => {
  start();
  echo();
  let echoed = 0;
  const offered = 10 * SMALL.inFlight;
  for (let round = 0; round < 20; round++) {
    echoed += lab.ask(...Array.from({ length: offered }, () => to(7))).filter(({ udp }) => udp).length;
  }
  const { link, rx } = lab.stack.counters().interfaces[0];
  const lost = link.dropped['rxNoBuffer'] + lab.cable.b.statistics().dropped['txQueueFull'];
  expect(echoed).toBeGreaterThanOrEqual(20 * SMALL.inFlight * 0.8);
  expect(rx.delivered + lost).toBe(20 * offered);
  expectAsBefore();
});

test('an application that reads a tenth of what comes: its queue is bounded, the rest counted', () => {
  start();
  echo();
  const slow = lab.stack.udp.open();
  slow.bind({ port: 8 });
  slow.receiveBufferSize = 20 * (256 + 100);
  let read = 0;
  for (let i = 0; i < 2000; i++) {
    lab.send(to(8));
    if (i % 10 === 0 && slow.receive() !== undefined) read++;
  }
  while (slow.receive() !== undefined) read++;
  expect(read).toBe(220);
  expect(slow.lost).toBe(2000 - 220);
  expect(lab.drops('udp.receiveQueueFull')).toBe(2000 - 220);
  expectAsBefore();
});

test('a storm of datagrams to closed ports from everywhere: errors within their limit, others served', () => {
  start({ settings: { arp: { maxNeighbours: 64 } } });
  echo();
  let errors = 0;
  let echoed = 0;
  for (let i = 0; i < 3000; i++) {
    const frames = [to(9, `10.0.0.${2 + (i % 250)}`), to(9, `10.0.0.${2 + ((i * 7) % 250)}`)];
    if (i % 10 === 0) frames.push(to(7));
    const answers = lab.ask(...frames);
    errors += answers.filter(({ icmp }) => icmp).length;
    echoed += answers.filter(({ udp }) => udp).length;
    lab.advance('1ms');
    if (i % 500 === 0) lab.befriend();
  }
  expect(errors).toBeLessThanOrEqual(3 * 1000 + 100);
  expect(echoed).toBeGreaterThanOrEqual(300 * 0.8);
  const { arp, tx } = lab.stack.counters().interfaces[0];
  expect(arp.neighbours).toBeLessThanOrEqual(64);
  expect(tx.pending).toBeLessThanOrEqual(48);
  expect(lab.stack.counters().icmp.errorsRateLimited).toBeGreaterThan(0);
  lab.advance('4s'); // those who never answer ARP are given up
  expectAsBefore();
});

test('sends to hundreds of dead hosts: waiting is bounded, the living are reached, and all comes back', () => {
  start();
  echo();
  const socket = lab.stack.udp.open();
  let reached = 0;
  for (let i = 0; i < 1000; i++) {
    socket.send(Uint8Array.of(1), `10.0.0.${10 + (i % 240)}`, 9);
    if (i % 10 === 0) socket.send(Uint8Array.of(2), PEER_IP, 9);
    lab.host.settle();
    reached += lab.heard().filter(({ ipv4 }) => ipv4?.dst === PEER_IP).length;
    expect(lab.stack.counters().interfaces[0].held).toBeLessThanOrEqual(48);
  }
  expect(reached).toBe(100);
  expect(lab.drops('arp.pendingFull')).toBeGreaterThan(800);
  lab.advance('5s');
  lab.receive();
  expectAsBefore();
});

test('pings of a stack that cannot send: refused or timed out, each told once', () => {
  start();
  echo();
  let done = 0;
  let accepted = 0;
  for (let i = 0; i < 200; i++) {
    if (lab.stack.ping(PEER_IP, { timeoutMs: 500 }, () => done++) === undefined) accepted++;
  }
  expect(accepted).toBe(SMALL.txCapacity);
  lab.advance('2s');
  lab.receive();
  expect(done).toBe(accepted);
  expectAsBefore();
});

describe('timers and other interfaces', () => {
  test('go on while frames come without end', () => {
    start();
    echo();
    let timedOut = 0;
    lab.stack.ping('10.0.0.77', { timeoutMs: 100 }, () => timedOut++);
    for (let ms = 0; ms < 200; ms++) {
      lab.send(...Array.from({ length: 20 }, () => to(7)));
      lab.receive();
      lab.advance('1ms');
    }
    expect(timedOut).toBe(1);
    lab.advance('4s');
    expectAsBefore();
  });
});
