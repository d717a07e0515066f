import {
  COUNT_DONE,
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  COUNTS,
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  type FrameMemory,
  HANDLE,
  LENGTH,
  type LinkQueue,
  MORE,
  OFFSET,
  type QueueAudit,
  STATE_GONE,
  STATE_UP,
  TX_KEEP,
  type Wakeup,
} from '@lunetta/core';
import {
  DROP_RX_CLOSED,
  DROP_RX_LINK_DOWN,
  DROP_TX_LINK_DOWN,
  DROP_TX_QUEUE_FULL,
  type LinkCounters,
  REFUSE_COUNT,
  REFUSE_DOUBLE_FREE,
  REFUSE_HANDLE,
} from './link-counters.js';
import { type FramePool, OWNER_CHECKED, OWNER_DEVICE, OWNER_LENT } from './frame-pool.js';
import { KeptBuffers } from './kept-buffers.js';
import type { Receiver } from './receiver.js';
import { TxCheck } from './tx-check.js';
import type { Waker } from './waker.js';

/** What a {@link MemoryQueue} is made of. */
export interface MemoryQueueParts {
  readonly pool: FramePool;
  /** The `OWNER_` of the stack at this end. */
  readonly owner: number;
  readonly counters: LinkCounters;
  /** What is on its way to us. */
  readonly inbound: Receiver;
  /** The far end's. */
  readonly outbound: Receiver;
  readonly waker: Waker;
  readonly wakeup: Wakeup;
  readonly txCapacity: number;
  readonly stockCapacity: number;
  readonly holdLimit: number;
  readonly offloads: number;
  /** Polls after which a buffer sent with `TX_KEEP` comes back; 0: in the same poll. */
  readonly keepPolls: number;
  /** Whether a full cable makes frames wait with the stack; else it loses them. */
  readonly waitsWhenFull: boolean;
}

/** One end of the cable: the hot part of the memory link. */
export class MemoryQueue implements LinkQueue {
  readonly memory: FrameMemory;
  readonly headroom: number;
  readonly offloads: number;
  readonly wakeup: Wakeup;
  readonly rx: Int32Array;
  readonly tx: Int32Array;
  readonly free: Int32Array;
  readonly stock: Int32Array;
  readonly done: Int32Array;
  readonly counts = new Int32Array(COUNTS);
  readonly holdLimit: number;

  private readonly pool: FramePool;
  /** The `OWNER_` of our stack. */
  private readonly me: number;
  private readonly counters: LinkCounters;
  private readonly inbound: Receiver;
  private readonly outbound: Receiver;
  private readonly waker: Waker;
  private readonly waitsWhenFull: boolean;
  private readonly kept: KeptBuffers;
  private readonly check: TxCheck;
  private readonly rxCapacity: number;
  private readonly txCapacity: number;
  private readonly stockCapacity: number;
  /** How many handles we left in `stock`: the stack can only have taken some. */
  private stocked = 0;
  private state = STATE_UP;
  private closed = false;

  constructor(parts: MemoryQueueParts) {
    const { pool, inbound } = parts;
    this.pool = pool;
    this.me = parts.owner;
    this.memory = pool.memory;
    this.counters = parts.counters;
    this.inbound = inbound;
    this.outbound = parts.outbound;
    this.waker = parts.waker;
    this.wakeup = parts.wakeup;
    this.headroom = inbound.headroom;
    this.offloads = parts.offloads;
    this.holdLimit = parts.holdLimit;
    this.waitsWhenFull = parts.waitsWhenFull;
    this.rxCapacity = inbound.burst;
    this.txCapacity = parts.txCapacity;
    this.stockCapacity = parts.stockCapacity;
    this.rx = new Int32Array(this.rxCapacity * DESCRIPTOR_WORDS);
    this.tx = new Int32Array(this.txCapacity * DESCRIPTOR_WORDS);
    this.free = new Int32Array(this.memory.bufferCount);
    this.stock = new Int32Array(this.stockCapacity);
    this.done = new Int32Array(this.memory.bufferCount);
    this.kept = new KeptBuffers(this.memory.bufferCount, parts.keepPolls);
    this.check = new TxCheck(pool, parts.owner, this.tx, parts.counters, parts.offloads);
  }

  poll(txCount: number): number {
    if (this.closed) return 0;
    const counts = this.counts;
    counts[COUNT_STATE] = this.state;
    if (counts[COUNT_FREE] !== 0) this.takeFree();
    counts[COUNT_SENT] = txCount === 0 ? 0 : this.send(txCount);
    counts[COUNT_DONE] = this.kept.release(this.pool.owner, this.me, this.done);
    if (counts[COUNT_STOCK] !== this.stockCapacity) this.fillStock();
    return this.inbound.count === 0 ? 0 : this.receive();
  }

  arm(): boolean {
    return this.state !== STATE_GONE && this.waker.arm(this.inbound.count > 0);
  }

  audit(): QueueAudit {
    const { pool } = this;
    const size = this.memory.bufferCount;
    const inUse = pool.count(this.me);
    return {
      size,
      available: pool.available,
      inUse,
      // With shared memory what the far end's stack has is out of our hands like what is on the wire.
      device: size - pool.available - inUse,
    };
  }

  /** Sets what `counts[COUNT_STATE]` will say; what is under way to us is lost unless the link is up. */
  setState(state: number): void {
    this.state = state;
    if (state !== STATE_UP) this.counters.dropped[DROP_RX_LINK_DOWN] += this.inbound.clear();
  }

  /** The longest frame that may be sent, in bytes. */
  setMaxFrameLength(length: number): void {
    this.check.maxFrameLength = length;
  }

  /** Takes back what may be taken back; see `LinkPort.close`. */
  close(): void {
    if (this.closed) return;
    this.takeFree();
    this.fillStock();
    const { counts, pool } = this;
    for (let i = 0; i < this.stocked; i++) {
      const handle = this.stock[i];
      if (pool.owner[handle] === this.me) pool.give(handle);
    }
    this.kept.clear(pool);
    this.counters.dropped[DROP_RX_CLOSED] += this.inbound.clear();
    counts[COUNT_STOCK] = counts[COUNT_DONE] = counts[COUNT_SENT] = 0;
    this.state = STATE_GONE;
    this.closed = this.inbound.closed = true;
    this.waker.close();
  }

  private takeFree(): void {
    const { counts, free, pool, counters } = this;
    const count = counts[COUNT_FREE];
    counts[COUNT_FREE] = 0;
    if (count < 0 || count > free.length) {
      counters.refused[REFUSE_COUNT]++;
      return;
    }
    const { owner } = pool;
    for (let i = 0; i < count; i++) {
      const handle = free[i];
      if (owner[handle] === this.me) pool.give(handle);
      else counters.refused[handle < 0 || handle >= owner.length ? REFUSE_HANDLE : REFUSE_DOUBLE_FREE]++;
    }
  }

  /** @returns number of descriptors accepted */
  private send(txCount: number): number {
    if (!(txCount > 0 && txCount <= this.txCapacity)) {
      this.counters.refused[REFUSE_COUNT]++;
      return 0;
    }
    const { check, outbound, pool, tx, counters } = this;
    const count = Math.floor(txCount);
    const underWay = outbound.count;
    let frames = 0;
    let bytes = 0;
    let at = 0;
    const carries = this.state === STATE_UP && !outbound.closed;
    while (at < count) {
      if (carries) {
        const taken = outbound.takeByHandle(pool, tx, at, count, this.me, check.maxFrameLength) - at;
        frames += taken;
        bytes += outbound.bytesTaken;
        at += taken;
        if (at === count) break;
      }
      const end = check.frame(at, count);
      if (!check.good) {
        this.release(at, end);
      } else if (!carries) {
        counters.dropped[DROP_TX_LINK_DOWN]++;
        this.release(at, end);
      } else if (outbound.hasRoomFor(check.frameLength)) {
        // Sent, whatever becomes of it: a receiver without a buffer counts it as lost there.
        outbound.takeCopy(tx, at, check.frameLength);
        frames++;
        bytes += check.frameLength;
        this.release(at, end);
      } else if (this.waitsWhenFull) {
        check.undo(at, end);
        break;
      } else {
        counters.dropped[DROP_TX_QUEUE_FULL]++;
        this.release(at, end);
      }
      at = end;
    }
    counters.txFrames += frames;
    counters.txBytes += bytes;
    if (outbound.count > underWay) outbound.arrived();
    return at;
  }

  /** Gives back the segments of a frame that the driver is finished with: to the pool, lent ones to the stack. */
  private release(at: number, end: number): void {
    const { tx, pool } = this;
    const { owner } = pool;
    for (let i = at; i < end; i++) {
      const handle = tx[i * DESCRIPTOR_WORDS + HANDLE];
      if (owner[handle] !== OWNER_CHECKED) continue;
      if ((tx[i * DESCRIPTOR_WORDS + FLAGS] & TX_KEEP) === 0) {
        pool.give(handle);
      } else {
        owner[handle] = OWNER_LENT;
        this.kept.push(handle);
      }
    }
  }

  private fillStock(): void {
    const { counts, stock, pool } = this;
    let count = counts[COUNT_STOCK];
    if (count < 0 || count > this.stocked) {
      this.counters.refused[REFUSE_COUNT]++;
      count = this.stocked;
    }
    while (count < this.stockCapacity) {
      const handle = pool.take(this.me);
      if (handle < 0) break;
      stock[count++] = handle;
    }
    counts[COUNT_STOCK] = this.stocked = count;
  }

  private receive(): number {
    const { wire } = this.inbound;
    const { ring, mask, head } = wire;
    const { rx } = this;
    const { me } = this;
    const { owner } = this.pool;
    const count = Math.min(wire.count, this.rxCapacity);
    let whole = 0;
    let frames = 0;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const from = ((head + i) & mask) * DESCRIPTOR_WORDS;
      const to = i * DESCRIPTOR_WORDS;
      const handle = ring[from + HANDLE];
      const flags = ring[from + FLAGS];
      rx[to + HANDLE] = handle;
      rx[to + OFFSET] = ring[from + OFFSET];
      rx[to + LENGTH] = ring[from + LENGTH];
      rx[to + FLAGS] = flags;
      rx[to + FRAME_LENGTH] = ring[from + FRAME_LENGTH];
      owner[handle] = me;
      if ((flags & MORE) === 0) {
        whole = i + 1;
        frames++;
        bytes += ring[from + FRAME_LENGTH];
      }
    }
    // The chain at the end that the burst would split stays on the wire.
    for (let i = whole; i < count; i++) owner[rx[i * DESCRIPTOR_WORDS + HANDLE]] = OWNER_DEVICE;
    wire.drop(whole);
    this.counters.rxFrames += frames;
    this.counters.rxBytes += bytes;
    return whole;
  }
}
