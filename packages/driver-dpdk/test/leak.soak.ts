import { expect, test } from '@jest/globals';
import {
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  HANDLE,
  macAddress,
  Stack,
  type LinkQueue,
  type StackCounters,
} from '@lunetta/core';
import { ethernet, type PacketBuilder } from '@lunetta/testkit';
import type { DpdkPort } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';
import { TurnedHost } from './support/turned-host.js';

const PACKETS = Number(process.env['LUNETTA_SOAK_PACKETS'] ?? 10_000_000);
const ROUNDS = 10;
/** A round is long enough for requests of ARP that nobody answers to be given up. */
const TURN_US = 1000;
const OWN = { address: '10.0.0.1', mac: '02:00:00:00:ff:01' };
const PEER = { address: '10.0.0.2', mac: '02:00:00:00:00:02' };

/** What the peer sends in turn: requests, and all that comes to nothing. */
function makeFrames(): Uint8Array[] {
  const addresses = { src: PEER.address, dst: OWN.address };
  const to = { dst: OWN.mac, src: PEER.mac };
  const udp = (dstPort: number, length: number, more = {}): PacketBuilder =>
    ethernet(to)
      .ipv4({ ...addresses, ...more })
      .udp({ srcPort: 4000, dstPort })
      .payload(new Uint8Array(length));
  const arp = (operation: 'request' | 'reply'): PacketBuilder =>
    ethernet(to).arp({ operation, senderIp: PEER.address, targetMac: OWN.mac, targetIp: OWN.address });
  const packets = [
    arp('request'),
    arp('reply'),
    ...[0, 18, 100, 900, 1400].map((length) => udp(7, length)),
    udp(99, 20), // nobody listens
    udp(7, 20, { checksum: 1 }),
    udp(7, 20, { totalLength: 5 }),
    udp(7, 20, { dst: '10.0.0.77' }),
    ethernet({ ...to, type: 0x1234 }).payload(new Uint8Array(46)),
    ethernet({ ...to, dst: '02:00:00:00:00:99' }).payload(new Uint8Array(46)),
    ethernet(to).payload(new Uint8Array(3)),
  ];
  return packets.map((packet) => packet.bytes());
}

/** The far end: floods, and takes what comes. */
class Flood {
  private readonly queue: LinkQueue;
  private queued = 0;
  private next = 0;
  /** Polls at which the ring had no room for all. */
  fullRings = 0;

  constructor(
    private readonly port: DpdkPort,
    private readonly frames: readonly Uint8Array[],
  ) {
    this.queue = port.queue(0);
    this.queue.poll(0);
  }

  poll(): void {
    const { queue } = this;
    const { counts, stock, tx, rx, free, memory } = queue;
    while (counts[COUNT_STOCK] > 0 && this.queued < 64) {
      const frame = this.frames[this.next++ % this.frames.length];
      counts[COUNT_STOCK]--;
      const handle = stock[counts[COUNT_STOCK]];
      const at = memory.bufferAt(handle) + queue.headroom;
      memory.bytes.set(frame, at);
      tx.set([handle, at, frame.length, 0], this.queued++ * DESCRIPTOR_WORDS);
    }
    const received = queue.poll(this.queued);
    const sent = counts[COUNT_SENT];
    tx.copyWithin(0, sent * DESCRIPTOR_WORDS, this.queued * DESCRIPTOR_WORDS);
    this.queued -= sent;
    if (this.queued > 0) this.fullRings++;
    for (let i = 0; i < received; i++) free[counts[COUNT_FREE]++] = rx[i * DESCRIPTOR_WORDS + HANDLE];
  }

  async close(): Promise<void> {
    const { counts, free, tx } = this.queue;
    for (let i = 0; i < this.queued; i++) free[counts[COUNT_FREE]++] = tx[i * DESCRIPTOR_WORDS + HANDLE];
    await this.port.close();
  }
}

/** What became of packets, all rounds together. */
class Tally {
  received = 0;
  fullRings = 0;
  refusedSends = 0;
  readonly dropped: Record<string, number> = {};

  add({ interfaces: [lan], udp }: StackCounters, fullRings: number): void {
    this.received += lan.link.rxFrames;
    this.fullRings += fullRings;
    this.refusedSends += udp.sendRefused;
    for (const [reason, count] of [...Object.entries(lan.rx.dropped), ...Object.entries(lan.tx.dropped)]) {
      this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
    }
  }
}

/** Runs a stack under a flood, and closes both ends in the midst of it. */
async function runRound(round: number, packets: number, tally: Tally): Promise<void> {
  const [port, far] = await openRingPair({}, 256);
  const host = new TurnedHost(TURN_US);
  const stack = new Stack(host, { loop: { pollsPerTurn: 1 } });
  const addresses = [`${OWN.address}/16`];
  stack.addInterface(port, { name: 'lan', addresses, hardwareAddress: macAddress.parse(OWN.mac)!, mode: 'busy' });
  const socket = stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => void datagram.reply();
  const flood = new Flood(far, makeFrames());
  const bytes = new Uint8Array(200);
  for (let turn = 0; port.statistics().rxFrames < packets; turn++) {
    const phase = turn % 1000;
    // Now and then the far end takes nothing, and our queue runs full; or we take nothing, and its does.
    if (phase < 900 || phase >= 950) flood.poll();
    else for (let i = 0; i < 64; i++) socket.send(bytes, PEER.address, 9);
    if (turn % 16 === 0) socket.send(bytes, `10.0.9.${1 + ((turn >> 4) % 250)}`, 9); // nobody has the address
    if (phase < 950) host.turn();
  }
  const counters = stack.counters();
  tally.add(counters, flood.fullRings);
  const memories = [port.queue(0), far.queue(0)];
  // Who closes first, with frames on their way both ways, changes.
  if (round % 2 === 0) await flood.close();
  await host.turnUntil(stack.close());
  await flood.close();
  for (const queue of memories) {
    const { size } = queue.audit();
    expect(queue.audit()).toEqual({ size, available: size, inUse: 0, device: 0 });
  }
  expect(Object.values(port.statistics().refused).every((count) => count === 0)).toBe(true);
  expectAccounted(counters);
}

/** Every frame that came was delivered, consumed or dropped for a reason. */
function expectAccounted({ interfaces: [{ rx }] }: StackCounters): void {
  const dropped = Object.values(rx.dropped).reduce((sum, count) => sum + count, 0);
  expect(rx.delivered + rx.consumed + dropped).toBe(rx.frames);
}

/** Why packets of the flood, and of ours, come to nothing. */
const REASONS = [
  'ethernet.foreign',
  'ethernet.unknownType',
  'arp.unsolicited',
  'arp.unresolved',
  'ipv4.truncated',
  'ipv4.badTotalLength',
  'ipv4.badChecksum',
  'ipv4.notForUs',
  'udp.noPort',
];

describeDpdk('buffers over DPDK', () => {
  test(`${PACKETS} packets with drops, unresolved addresses, full queues and closes in between: every buffer is back`, async () => {
    const tally = new Tally();
    for (let round = 0; tally.received < PACKETS; round++) await runRound(round, PACKETS / ROUNDS, tally);
    expect(tally.received).toBeGreaterThanOrEqual(PACKETS);
    for (const reason of REASONS) expect(tally.dropped[reason]).toBeGreaterThan(0);
    expect(Math.min(tally.fullRings, tally.refusedSends)).toBeGreaterThan(0);
  }, 900_000);
});
