import {
  COUNTS,
  DESCRIPTOR_WORDS,
  type FrameMemory,
  type LinkQueue,
  type QueueAudit,
  type Wakeup,
} from '@lunetta/core';
import type { NativeConfig, NativePort, NativeQueue } from './addon.js';

/** A queue of a {@link DpdkPort}. */
export class DpdkQueue implements LinkQueue {
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
  /** The native function itself; nothing wraps it (a call costs 13-17 ns). */
  poll: (txCount: number) => number;

  /**
   * @param index the port's number of it
   * @param memory the memory of its frames
   */
  constructor(
    private readonly port: NativePort,
    private readonly index: number,
    native: NativeQueue,
    memory: FrameMemory,
    config: NativeConfig,
  ) {
    const { arrays } = native;
    this.memory = memory;
    this.headroom = native.headroom;
    this.offloads = native.offloads;
    this.wakeup = native.wakes ? 'edge' : 'none';
    this.rx = new Int32Array(arrays, native.rxAt, native.rxCapacity * DESCRIPTOR_WORDS);
    this.tx = new Int32Array(arrays, native.txAt, config.txCapacity * DESCRIPTOR_WORDS);
    this.free = new Int32Array(arrays, native.freeAt, native.buffers);
    this.stock = new Int32Array(arrays, native.stockAt, config.stockCapacity);
    this.done = new Int32Array(arrays, native.doneAt, native.buffers);
    this.counts = new Int32Array(arrays, native.countsAt, COUNTS);
    // The rings of all queues that use the memory are full, one burst is shown to the stack while the next is received,
    // and the stocks are full.
    const perQueue = native.rxDescriptors + native.txDescriptors + 2 * config.burst + config.stockCapacity;
    this.holdLimit = Math.max(1, native.buffers - port.queues.length * perQueue);
    this.poll = native.poll;
  }

  arm(): boolean {
    return this.wakeup !== 'none' && this.port.arm(this.index);
  }

  audit(): QueueAudit {
    return this.port.audit(this.index);
  }
}
