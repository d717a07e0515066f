import {
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  HEADER_LENGTHS,
  LENGTH,
  MORE,
  OFFSET,
  TX_OFFLOADS,
  TX_TSO,
  VLAN_AND_MSS,
} from '../descriptor.js';
import { type FramePool, OWNER_CHECKED } from './frame-pool.js';
import {
  type PortCounters,
  REFUSE_FRAME_LENGTH,
  REFUSE_HANDLE,
  REFUSE_LENGTH,
  REFUSE_NOT_OWNED,
  REFUSE_OFFLOAD,
  REFUSE_OFFSET,
  REFUSE_OPEN_CHAIN,
} from './port-counters.js';

/** An Ethernet header: nothing shorter is a frame. */
export const MIN_FRAME_LENGTH = 14;

/** The longest frame that a device cuts up: an IPv4 datagram of 65,535 bytes with an Ethernet header and a VLAN tag. */
const LONGEST_SEGMENTED = 65_535 + 18;

/** Judges what the stack wants to send, a frame at a time. Its outcome lies in fields: a result object is garbage. */
export class TxCheck {
  /** The longest frame that may pass, in bytes. */
  maxFrameLength = 0;
  /** Of the last frame: whether all of it was right. */
  good = false;
  /** Of the last frame: its length in bytes. */
  frameLength = 0;
  private readonly bufferSize: number;
  private readonly bufferStride: number;
  private readonly firstBufferAt: number;

  /** @param stack the `OWNER_` of the stack */
  constructor(
    private readonly pool: FramePool,
    private readonly stack: number,
    private readonly tx: Int32Array,
    private readonly counters: PortCounters,
    private readonly offloads: number,
  ) {
    const { bufferSize, bufferStride, firstBufferAt } = pool.memory;
    this.bufferSize = bufferSize;
    this.bufferStride = bufferStride;
    this.firstBufferAt = firstBufferAt;
  }

  /**
   * Checks the frame that starts at descriptor `at`. Its buffers become {@link OWNER_CHECKED}, so that a second
   * descriptor with one of them is noticed; those that are not the stack's stay what they are.
   *
   * @param count number of descriptors in all
   * @returns the descriptor after the frame
   */
  frame(at: number, count: number): number {
    const { tx, pool, counters, bufferSize, bufferStride, firstBufferAt } = this;
    const { owner } = pool;
    let good = true;
    let flags = 0;
    let frameLength = 0;
    let more = true;
    let end = at;
    for (; more && end < count; end++) {
      const base = end * DESCRIPTOR_WORDS;
      const handle = tx[base + HANDLE];
      const length = tx[base + LENGTH];
      const segmentFlags = tx[base + FLAGS];
      flags |= segmentFlags;
      frameLength += length;
      more = (segmentFlags & MORE) !== 0;
      if (owner[handle] !== this.stack) {
        counters.refused[handle < 0 || handle >= owner.length ? REFUSE_HANDLE : REFUSE_NOT_OWNED]++;
        good = false;
        continue;
      }
      owner[handle] = OWNER_CHECKED;
      const inBuffer = tx[base + OFFSET] - (firstBufferAt + handle * bufferStride);
      if (inBuffer < 0 || inBuffer >= bufferSize) {
        counters.refused[REFUSE_OFFSET]++;
        good = false;
      } else if (length <= 0 || inBuffer + length > bufferSize) {
        counters.refused[REFUSE_LENGTH]++;
        good = false;
      }
    }
    if (more) {
      counters.refused[REFUSE_OPEN_CHAIN]++;
      good = false;
    } else if (good && (flags & TX_OFFLOADS & ~this.offloads) !== 0) {
      counters.refused[REFUSE_OFFLOAD]++;
      good = false;
    } else if (good && (frameLength < MIN_FRAME_LENGTH || frameLength > this.longest(at, flags))) {
      counters.refused[REFUSE_FRAME_LENGTH]++;
      good = false;
    }
    this.good = good;
    this.frameLength = frameLength;
    return end;
  }

  /** Of a frame that is to be cut up, each segment has to fit, and the whole of it a datagram. */
  private longest(at: number, flags: number): number {
    if ((flags & TX_TSO) === 0) return this.maxFrameLength;
    const d = at * DESCRIPTOR_WORDS;
    const lengths = this.tx[d + HEADER_LENGTHS];
    const mss = this.tx[d + VLAN_AND_MSS] >>> 16;
    const headersLength = (lengths & 0xff) + ((lengths >>> 8) & 0xff) + ((lengths >>> 16) & 0xff);
    return mss > 0 && headersLength + mss <= this.maxFrameLength ? LONGEST_SEGMENTED : 0;
  }

  /** Gives a good frame that is not accepted now back to the stack. */
  undo(at: number, end: number): void {
    const { tx, pool } = this;
    for (let i = at; i < end; i++) pool.owner[tx[i * DESCRIPTOR_WORDS + HANDLE]] = this.stack;
  }
}
