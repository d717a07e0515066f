import type { FrameMemory } from '../frame-memory.js';

// Who owns a frame buffer.
/** The pool. */
const OWNER_POOL = 0;
/** The device: on the wire. */
export const OWNER_DEVICE = 1;
/** The device, lent by the stack (`TX_KEEP`). */
export const OWNER_LENT = 2;
/** The stack, in a frame that is being checked for sending; never so between two polls. */
export const OWNER_CHECKED = 3;
/** The stack; of two that share a memory, the first. */
export const OWNER_STACK = 4;
/** The second stack; a byte of its own, so that with shared memory neither stack can give away the other's buffers. */
export const OWNER_SECOND_STACK = 5;

/** What a returned buffer is filled with on demand: whoever still reads it then reads nonsense. */
const POISON = 0xdb;

/** Frame buffers and who owns each of them: one byte a buffer, by which every handle from the stack is judged. */
export class FramePool {
  /** The `OWNER_` of every buffer, by handle. */
  readonly owner: Uint8Array;
  /** Number of buffers that the pool owns. */
  available: number;
  /** The handles that the pool owns: a stack, so that the buffer used last, still in the cache, is used next. */
  private readonly handles: Int32Array;

  /** @param poison whether returned buffers are overwritten, to catch a stack that reads them still */
  constructor(
    readonly memory: FrameMemory,
    private readonly poison: boolean,
  ) {
    this.owner = new Uint8Array(memory.bufferCount);
    this.handles = Int32Array.from({ length: memory.bufferCount }, (_, i) => memory.bufferCount - 1 - i);
    this.available = memory.bufferCount;
  }

  /** Takes a buffer out for `owner`: its handle, or -1 if there is none. */
  take(owner: number): number {
    if (this.available === 0) return -1;
    const handle = this.handles[--this.available];
    this.owner[handle] = owner;
    return handle;
  }

  /** Takes a buffer back; the caller has made sure that it is not in the pool. */
  give(handle: number): void {
    this.owner[handle] = OWNER_POOL;
    this.handles[this.available++] = handle;
    if (this.poison) {
      const at = this.memory.bufferAt(handle);
      this.memory.bytes.fill(POISON, at, at + this.memory.bufferSize);
    }
  }

  /** Number of buffers of `owner`. Control plane. */
  count(owner: number): number {
    let count = 0;
    for (const each of this.owner) if (each === owner) count++;
    return count;
  }
}
