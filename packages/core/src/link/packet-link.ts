import type { FrameMemory } from './frame-memory.js';

/** The link of a packet, as the cursor sees it: {@link LinkIo}. */
export interface PacketLink {
  /** The interface's number in the stack. */
  readonly index: number;
  readonly memory: FrameMemory;
  /** See `LinkCounter`. */
  readonly counters: Float64Array;
  /** Received frames dropped, by `DropReason`. */
  readonly rxDrops: Float64Array;
  /** An empty buffer's handle, now the caller's; -1 if the stock is used up until the next poll. */
  allocate(): number;
  /** Gives a buffer back to the driver. */
  release(handle: number): void;
  /** True if one more buffer may be held beyond the burst; then it counts as held until {@link unhold}. */
  hold(): boolean;
  /** A held buffer was released or queued. */
  unhold(): void;
}
