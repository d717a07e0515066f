import { type FrameMemory, type LinkQueue, type QueueAudit, type Wakeup } from '@lunetta/core';

/** A queue around another one, with the same arrays: all as inside. Wrappers override `poll`. */
export class WrappedQueue implements LinkQueue {
  readonly memory: FrameMemory;
  readonly headroom: number;
  readonly offloads: number;
  readonly wakeup: Wakeup;
  readonly rx: Int32Array;
  readonly tx: Int32Array;
  readonly free: Int32Array;
  readonly stock: Int32Array;
  readonly done: Int32Array;
  readonly counts: Int32Array;
  readonly holdLimit: number;
  readonly nextFrameAt?: () => number;

  /** @param rx where the wrapper shows received frames; the inner array if not given */
  constructor(
    protected readonly inner: LinkQueue,
    rx: Int32Array = inner.rx,
  ) {
    this.memory = inner.memory;
    this.headroom = inner.headroom;
    this.offloads = inner.offloads;
    this.wakeup = inner.wakeup;
    this.rx = rx;
    this.tx = inner.tx;
    this.free = inner.free;
    this.stock = inner.stock;
    this.done = inner.done;
    this.counts = inner.counts;
    this.holdLimit = inner.holdLimit;
    if (inner.nextFrameAt) this.nextFrameAt = () => inner.nextFrameAt?.() ?? Infinity;
  }

  poll(txCount: number): number {
    return this.inner.poll(txCount);
  }

  arm(): boolean {
    return this.inner.arm();
  }

  audit(): QueueAudit {
    return this.inner.audit();
  }
}
