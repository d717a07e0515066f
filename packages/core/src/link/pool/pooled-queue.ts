import { DESCRIPTOR_WORDS, FLAGS, HANDLE, TX_KEEP } from '../descriptor.js';
import type { FrameMemory } from '../frame-memory.js';
import {
  COUNT_DONE,
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  COUNTS,
  STATE_GONE,
  STATE_UP,
  type LinkQueue,
  type QueueAudit,
  type Wakeup,
} from '../link-driver.js';
import { OWNER_CHECKED, OWNER_LENT, type FramePool } from './frame-pool.js';
import { KeptBuffers } from './kept-buffers.js';
import { REFUSE_COUNT, REFUSE_DOUBLE_FREE, REFUSE_HANDLE, type PortCounters } from './port-counters.js';
import { TxCheck } from './tx-check.js';
import type { Waker } from './waker.js';

/** What a {@link PooledQueue} is made of. */
export interface PooledQueueParts {
  readonly pool: FramePool;
  /** The `OWNER_` of the stack at this end. */
  readonly owner: number;
  readonly counters: PortCounters;
  readonly waker: Waker;
  readonly wakeup: Wakeup;
  /** Bytes left free before a received frame. */
  readonly headroom: number;
  /** Largest burst received, in descriptors. */
  readonly burst: number;
  readonly txCapacity: number;
  readonly stockCapacity: number;
  readonly holdLimit: number;
  readonly offloads: number;
  /** Polls after which a buffer sent with `TX_KEEP` comes back; 0: in the same poll. */
  readonly keepPolls: number;
}

/**
 * A queue over a {@link FramePool}, as a driver in TypeScript has it: the arrays, the stock, what comes back, and the
 * checks of all that. A driver adds where frames go ({@link send}) and come from ({@link receive}).
 */
export abstract class PooledQueue implements LinkQueue {
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

  protected readonly pool: FramePool;
  /** The `OWNER_` of our stack. */
  protected readonly me: number;
  protected readonly counters: PortCounters;
  protected readonly waker: Waker;
  protected readonly check: TxCheck;
  protected readonly rxCapacity: number;
  protected state = STATE_UP;
  private readonly kept: KeptBuffers;
  private readonly txCapacity: number;
  private readonly stockCapacity: number;
  /** How many handles we left in `stock`: the stack can only have taken some. */
  private stocked = 0;
  private closed = false;

  constructor(parts: PooledQueueParts) {
    const { pool } = parts;
    this.pool = pool;
    this.me = parts.owner;
    this.memory = pool.memory;
    this.counters = parts.counters;
    this.waker = parts.waker;
    this.wakeup = parts.wakeup;
    this.headroom = parts.headroom;
    this.offloads = parts.offloads;
    this.holdLimit = parts.holdLimit;
    this.rxCapacity = parts.burst;
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
    counts[COUNT_SENT] = txCount === 0 ? 0 : this.sendChecked(txCount);
    counts[COUNT_DONE] = this.kept.release(this.pool.owner, this.me, this.done);
    if (counts[COUNT_STOCK] !== this.stockCapacity) this.fillStock();
    return this.state === STATE_UP ? this.receive() : 0;
  }

  abstract arm(): boolean;

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
    this.closeWire();
    counts[COUNT_STOCK] = counts[COUNT_DONE] = counts[COUNT_SENT] = 0;
    this.state = STATE_GONE;
    this.closed = true;
    this.waker.close();
  }

  /**
   * Sends descriptors `0 .. count - 1` of `tx`, each frame judged by {@link check} first, its buffers given back by
   * {@link release}; returns how many descriptors were accepted.
   */
  protected abstract send(count: number): number;

  /** Receives up to a burst into `rx`; returns the number of descriptors. Only called while the link is up. */
  protected abstract receive(): number;

  /** The port closes: frees what is on the wire, ends the device. */
  protected abstract closeWire(): void;

  /** Gives back the segments of a frame that the driver is finished with: to the pool, lent ones to the stack. */
  protected release(at: number, end: number): void {
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

  private sendChecked(txCount: number): number {
    if (txCount > 0 && txCount <= this.txCapacity) return this.send(Math.floor(txCount));
    this.counters.refused[REFUSE_COUNT]++;
    return 0;
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
}
