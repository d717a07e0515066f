import { DESCRIPTOR_WORDS, FLAGS, FRAME_LENGTH, HANDLE, LENGTH, OFFSET, VLAN_AND_MSS } from '@lunetta/core';

/**
 * One direction of a cable: descriptors of the frames on their way, a ring of a power of two. The buffers that they
 * name lie in the receiver's memory already, and the device owns them.
 */
export class Wire {
  /** The ring; descriptor `n` starts at word `(n & mask) * DESCRIPTOR_WORDS`. */
  readonly ring: Int32Array;
  readonly mask: number;
  /** Number of the first descriptor under way. */
  head = 0;
  /** Number of descriptors under way. */
  count = 0;

  /** @param capacity descriptors that it holds, a power of two */
  constructor(readonly capacity: number) {
    this.ring = new Int32Array(capacity * DESCRIPTOR_WORDS);
    this.mask = capacity - 1;
  }

  /** Room for further descriptors. */
  get room(): number {
    return this.capacity - this.count;
  }

  /** Puts a descriptor behind the others; the caller has seen that there is room. */
  push(handle: number, offset: number, length: number, flags: number, frameLength: number, mss = 0): void {
    const ring = this.ring;
    const at = ((this.head + this.count++) & this.mask) * DESCRIPTOR_WORDS;
    ring[at + HANDLE] = handle;
    ring[at + OFFSET] = offset;
    ring[at + LENGTH] = length;
    ring[at + FLAGS] = flags;
    ring[at + FRAME_LENGTH] = frameLength;
    ring[at + VLAN_AND_MSS] = mss << 16;
  }

  /** Takes out the first `count` descriptors. */
  drop(count: number): void {
    this.head = (this.head + count) & this.mask;
    this.count -= count;
  }
}
