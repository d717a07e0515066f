import {
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  HEADER_LENGTHS,
  LENGTH,
  MORE,
  OFFSET,
  RX_COALESCED,
  RX_VLAN_STRIPPED,
  TX_OFFLOADS,
  TX_TSO,
  TX_VLAN_INSERT,
  VLAN_AND_MSS,
} from './descriptor.js';
import { DROP_REASONS, DropReason } from './drop-reason.js';
import type { FrameMemory } from './frame-memory.js';
import { LINK_COUNTERS, LinkCounter } from './link-counters.js';
import { COUNT_FREE, COUNT_SENT, COUNT_STATE, COUNT_STOCK, STATE_UP, type LinkQueue } from './link-driver.js';
import { Packet, TX_HEADROOM } from './packet.js';
import type { PacketLink } from './packet-link.js';

/** Somebody who was refused for want of room and wants to hear when there is some. */
export interface Drainable {
  /** There is room again; called from the poll loop, once for each {@link LinkIo.waitForRoom}. */
  drain(): void;
}

/**
 * The stack's end of a {@link LinkQueue}: fills the arrays that the next `poll` hands to the driver, and keeps the
 * accounts of frames and buffers.
 */
export class LinkIo implements PacketLink {
  readonly memory: FrameMemory;
  /** The cursor for frames that the stack starts itself. */
  readonly outgoing: Packet;
  /** Bytes that a frame started with {@link Packet.begin} can hold. */
  readonly txCapacityBytes: number;
  /** See {@link LinkQueue.offloads}. */
  readonly offloads: number;
  /** See {@link LinkCounter}. */
  readonly counters = new Float64Array(LINK_COUNTERS);
  /** Received frames dropped, by reason. */
  readonly rxDrops = new Float64Array(DROP_REASONS);
  /** Frames accepted for sending and then dropped, by reason. */
  readonly txDrops = new Float64Array(DROP_REASONS);
  /** Descriptors that wait in `tx` for the next poll. */
  txCount = 0;
  /** Buffers held beyond the present burst: waiting for ARP, or kept by applications. */
  held = 0;

  private readonly rx: Int32Array;
  private readonly tx: Int32Array;
  private readonly free: Int32Array;
  private readonly stock: Int32Array;
  private readonly counts: Int32Array;
  private readonly txCapacity: number;
  /** Those who wait for room, in their order, from `firstWaiting` on. */
  private readonly waiting: (Drainable | undefined)[] = [];
  private firstWaiting = 0;

  /**
   * @param queue the driver's end
   * @param index the interface's number in the stack
   */
  constructor(
    readonly queue: LinkQueue,
    readonly index: number,
  ) {
    this.memory = queue.memory;
    this.rx = queue.rx;
    this.tx = queue.tx;
    this.free = queue.free;
    this.stock = queue.stock;
    this.counts = queue.counts;
    this.outgoing = new Packet(this);
    this.offloads = queue.offloads;
    this.txCapacityBytes = queue.memory.bufferSize - TX_HEADROOM;
    this.txCapacity = queue.tx.length / DESCRIPTOR_WORDS;
  }

  /** True while the link carries frames. */
  get isUp(): boolean {
    return this.counts[COUNT_STATE] === STATE_UP;
  }

  /** True if a frame can be queued and a buffer for it is in stock. */
  get hasRoom(): boolean {
    return this.txCount < this.txCapacity && this.counts[COUNT_STOCK] > 0;
  }

  /** True if so many frames can be queued, with a buffer in stock for each. */
  hasRoomFor(frames: number): boolean {
    return this.txCount + frames <= this.txCapacity && this.counts[COUNT_STOCK] >= frames;
  }

  /** True if somebody waits for room. */
  get isAwaited(): boolean {
    return this.waiting.length > this.firstWaiting;
  }

  /** True if a frame whose buffer is at hand can be queued. */
  get hasTxRoom(): boolean {
    return this.txCount < this.txCapacity;
  }

  /** Moves a burst both ways; returns the number of descriptors in `rx`. What the driver did not take stays queued. */
  poll(): number {
    const received = this.queue.poll(this.txCount);
    if (this.txCount > 0) this.settleSent();
    return received;
  }

  private settleSent(): void {
    const sent = this.counts[COUNT_SENT];
    this.counters[LinkCounter.txSent] += sent;
    if (sent < this.txCount) {
      this.tx.copyWithin(0, sent * DESCRIPTOR_WORDS, this.txCount * DESCRIPTOR_WORDS);
    }
    this.txCount -= sent;
  }

  /** True if received descriptor `index` is a part of a chain that goes on. */
  isChained(index: number): boolean {
    return (this.rx[index * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0;
  }

  /** Points the cursor at received descriptor `index`, a whole frame; returns its length. */
  load(packet: Packet, index: number): number {
    const { rx } = this;
    const d = index * DESCRIPTOR_WORDS;
    const at = rx[d + OFFSET];
    const length = rx[d + LENGTH];
    packet.handle = rx[d + HANDLE]!;
    packet.at = at;
    packet.end = at + length;
    const flags = rx[d + FLAGS];
    packet.flags = flags;
    if ((flags & (RX_VLAN_STRIPPED | RX_COALESCED)) !== 0) {
      packet.vlanTci = rx[d + VLAN_AND_MSS] & 0xffff;
      packet.mss = rx[d + VLAN_AND_MSS] >>> 16;
    }
    return length;
  }

  /** Counts received frames: those that {@link load} has shown, or chains. */
  countReceived(frames: number, bytes: number): void {
    this.counters[LinkCounter.rxFrames] += frames;
    this.counters[LinkCounter.rxBytes] += bytes;
  }

  /** Copies received segment `index` to `bytes[at..]`, as far as it fits, and returns its buffer; its full length. */
  copyOut(index: number, bytes: Uint8Array, at: number): number {
    const d = index * DESCRIPTOR_WORDS;
    const from = this.rx[d + OFFSET];
    const length = this.rx[d + LENGTH];
    if (at + length <= bytes.length) bytes.set(this.memory.bytes.subarray(from, from + length), at);
    this.release(this.rx[d + HANDLE]);
    return length;
  }

  allocate(): number {
    const count = this.counts[COUNT_STOCK];
    if (count === 0) return -1;
    this.counts[COUNT_STOCK] = count - 1;
    return this.stock[count - 1];
  }

  release(handle: number): void {
    this.free[this.counts[COUNT_FREE]++] = handle;
  }

  /**
   * Queues the frame `[at, packet.end)`, of one segment, with what `packet.flags` asks of the device; the buffer is the
   * driver's from now on. The caller has seen {@link hasTxRoom}.
   */
  transmit(packet: Packet, at: number): void {
    const { tx } = this;
    const d = this.txCount++ * DESCRIPTOR_WORDS;
    const length = packet.end - at;
    const requests = packet.flags & TX_OFFLOADS;
    tx[d + HANDLE] = packet.takeHandle();
    tx[d + OFFSET] = at;
    tx[d + LENGTH] = length;
    tx[d + FLAGS] = requests;
    if (requests !== 0) this.describeRequests(packet, at, d);
    this.counters[LinkCounter.txBytes] += length;
  }

  private describeRequests(
    { flags, mss, networkAt, transportAt, transportHeaderLength }: Packet,
    at: number,
    d: number,
  ) {
    const { tx } = this;
    if ((flags & TX_TSO) !== 0) tx[d + VLAN_AND_MSS] = mss << 16;
    tx[d + HEADER_LENGTHS] = (networkAt - at) | ((transportAt - networkAt) << 8) | (transportHeaderLength << 16);
  }

  /** True if the device writes VLAN tags: {@link transmitTagged}. */
  get insertsTags(): boolean {
    return (this.offloads & TX_VLAN_INSERT) !== 0;
  }

  /** As {@link transmit}; the device puts a VLAN tag in. */
  transmitTagged(packet: Packet, at: number, tci: number): void {
    const { tx } = this;
    const d = this.txCount * DESCRIPTOR_WORDS;
    tx[d + VLAN_AND_MSS] = 0;
    this.transmit(packet, at);
    tx[d + FLAGS] |= TX_VLAN_INSERT;
    tx[d + VLAN_AND_MSS] |= tci;
  }

  hold(): boolean {
    if (this.held >= this.queue.holdLimit) return false;
    this.held++;
    return true;
  }

  unhold(): void {
    this.held--;
  }

  /** The interface closes: frames still queued are dropped, and their buffers go back. */
  close(): void {
    const { tx } = this;
    for (let d = 0; d < this.txCount * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      this.release(tx[d + HANDLE]);
      this.txDrops[DropReason['link.closed']]++;
    }
    this.txCount = 0;
  }

  /** `drainable.drain()` is called once there is room again. */
  waitForRoom(drainable: Drainable): void {
    this.waiting.push(drainable);
  }

  /**
   * Tells those who wait, in their order, as long as there is room for a frame of each that was told; who is refused again
   * waits behind the others.
   */
  notifyRoom(): void {
    const { waiting } = this;
    const end = waiting.length;
    for (let told = 1; this.firstWaiting < end && this.hasRoomFor(told); told++) {
      const drainable = waiting[this.firstWaiting]!;
      waiting[this.firstWaiting++] = undefined;
      drainable.drain();
    }
    if (this.firstWaiting === 0 || 2 * this.firstWaiting < waiting.length) return;
    waiting.splice(0, this.firstWaiting);
    this.firstWaiting = 0;
  }
}
