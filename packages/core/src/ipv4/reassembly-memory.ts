import { FrameMemory } from '../link/frame-memory.js';

/** Before the payload: room for the largest header (60 bytes), and the payload aligned. */
export const REASSEMBLY_HEADROOM = 64;
/** The payload sizes that there are slots for; a datagram that outgrows one moves to the next. */
const SLOT_SIZES = [4 << 10, 16 << 10, 64 << 10] as const;

/** A piece of memory in which one datagram is put together. */
export class ReassemblySlot {
  readonly memory: FrameMemory;

  /** @param kind index of its size */
  constructor(readonly kind: number) {
    const size = REASSEMBLY_HEADROOM + SLOT_SIZES[kind];
    this.memory = new FrameMemory(new ArrayBuffer(size), 0, size, size, 1);
  }

  /** Bytes that it takes up. */
  get size(): number {
    return this.memory.bufferSize;
  }

  /** Bytes of payload that it holds. */
  get capacity(): number {
    return SLOT_SIZES[this.kind];
  }
}

/** The slots of a stack, up to a limit of bytes; free ones are used again. */
export class ReassemblyMemory {
  private readonly free: ReassemblySlot[][] = SLOT_SIZES.map(() => []);
  /** Bytes of all slots, the free ones too. */
  private allocated = 0;

  constructor(private readonly maxBytes: number) {}

  /** A slot for `length` bytes of payload (at most 64 KiB); undefined if the limit leaves no room for it. */
  take(length: number): ReassemblySlot | undefined {
    const kind = SLOT_SIZES.findIndex((size) => length <= size);
    const slot = this.free[kind].pop();
    if (slot !== undefined) return slot;
    const size = REASSEMBLY_HEADROOM + SLOT_SIZES[kind];
    for (const others of this.free) {
      while (this.allocated + size > this.maxBytes && others.length > 0) this.allocated -= others.pop()!.size;
    }
    if (this.allocated + size > this.maxBytes) return undefined;
    this.allocated += size;
    return new ReassemblySlot(kind);
  }

  /** Takes a slot back. */
  give(slot: ReassemblySlot): void {
    this.free[slot.kind].push(slot);
  }
}
