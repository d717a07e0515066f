import type { FramePool } from './frame-pool.js';

/** Buffers sent with `TX_KEEP` until the device is finished with them: a queue in the order of sending. */
export class KeptBuffers {
  private readonly handles: Int32Array;
  /** The number of the poll that gives the buffer back. */
  private readonly duePoll: Int32Array;
  private head = 0;
  private count = 0;
  private polls = 0;

  /**
   * @param capacity buffers that there are
   * @param keepPolls polls after which a buffer comes back; 0: in the same poll
   */
  constructor(
    private readonly capacity: number,
    private readonly keepPolls: number,
  ) {
    this.handles = new Int32Array(capacity);
    this.duePoll = new Int32Array(capacity);
  }

  /** Takes a buffer that was sent now. */
  push(handle: number): void {
    const at = (this.head + this.count++) % this.capacity;
    this.handles[at] = handle;
    this.duePoll[at] = this.polls + this.keepPolls;
  }

  /**
   * Hands what is due to the stack, once a poll.
   *
   * @param stack the `OWNER_` of the stack
   * @returns number of handles put in `done`
   */
  release(owner: Uint8Array, stack: number, done: Int32Array): number {
    let released = 0;
    while (this.count > 0 && ((this.duePoll[this.head] - this.polls) | 0) <= 0) {
      const handle = this.takeFirst();
      owner[handle] = stack;
      done[released++] = handle;
    }
    this.polls = (this.polls + 1) | 0;
    return released;
  }

  /** Gives all to the pool. */
  clear(pool: FramePool): void {
    while (this.count > 0) pool.give(this.takeFirst());
  }

  private takeFirst(): number {
    const handle = this.handles[this.head];
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    return handle;
  }
}
