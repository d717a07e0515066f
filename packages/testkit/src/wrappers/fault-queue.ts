import {
  COUNT_FREE,
  COUNT_STATE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  type LinkQueue,
  MORE,
  OFFSET,
  type QueueAudit,
  RX_IP_CHECKSUM_GOOD,
  RX_L4_CHECKSUM_GOOD,
  STATE_UP,
} from '@lunetta/core';
import type { FaultModel } from '../faults/fault-model.js';
import type { FaultCounts } from './fault-options.js';
import { WrappedQueue } from './wrapped-queue.js';

/**
 * Makes things go wrong with what the inner queue receives. Frames pass through `passing`, from there to our own `rx`.
 * What is held back is bounded: `passing` and `late` hold two bursts together, because a frame is doubled only if
 * there is room for it.
 */
export class FaultQueue extends WrappedQueue {
  private readonly capacity: number;
  /** Descriptors of frames to be shown next. */
  private readonly passing: Int32Array;
  private passingCount = 0;
  /** Descriptors of the one frame that comes late. */
  private readonly late: Int32Array;
  private lateCount = 0;
  /** Frames that are to pass before the late one. */
  private lateBehind = 0;
  /** Handles of lost frames, until the next poll takes them back. */
  private readonly lost: Int32Array;
  private lostCount = 0;
  private closed = false;

  constructor(
    inner: LinkQueue,
    private readonly faults: FaultModel,
    private readonly faultCounts: FaultCounts,
  ) {
    super(inner, new Int32Array(inner.rx.length));
    this.capacity = inner.rx.length / DESCRIPTOR_WORDS;
    this.passing = new Int32Array(2 * inner.rx.length);
    this.late = new Int32Array(inner.rx.length);
    this.lost = new Int32Array(inner.memory.bufferCount);
  }

  /** Edge even where the inner queue says level: it does not know of the frames that wait here. */
  override readonly wakeup = this.inner.wakeup === 'none' ? 'none' : 'edge';

  override poll(txCount: number): number {
    this.returnLost();
    const received = this.inner.poll(txCount);
    if (this.closed) return 0;
    for (let at = 0; at < received;) at = this.takeFrame(at, received);
    // Whoever sees an empty poll may go to sleep, and nobody would wake it for the late frame.
    if (this.passingCount === 0) this.passLate();
    if (this.counts[COUNT_STATE] !== STATE_UP) this.loseAll();
    return this.show();
  }

  override audit(): QueueAudit {
    const { size, available, inUse, device } = this.inner.audit();
    const here = this.passingCount + this.lateCount + this.lostCount;
    return { size, available, inUse: inUse - here, device: device + here };
  }

  /** Gives what is held back to the inner queue, which is closed next. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.loseAll();
    this.returnLost();
  }

  /** Decides what becomes of the frame at descriptor `first` of the inner `rx`. @returns the descriptor after it */
  private takeFrame(first: number, received: number): number {
    const { faults, faultCounts, inner } = this;
    let end = first;
    let length = 0;
    for (let more = true; more; end++) {
      length += inner.rx[end * DESCRIPTOR_WORDS + LENGTH];
      more = (inner.rx[end * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0;
    }
    faults.draw(length);
    if (faults.isLost) {
      for (let i = first; i < end; i++) this.lose(inner.rx[i * DESCRIPTOR_WORDS + HANDLE]);
      faultCounts.lost++;
      faultCounts.lostBytes += length;
      return end;
    }
    if (faults.corruptedBit >= 0) this.corrupt(first, end, faults.corruptedBit);
    if (this.lateCount === 0 && faults.behind > 0) {
      this.late.set(inner.rx.subarray(first * DESCRIPTOR_WORDS, end * DESCRIPTOR_WORDS));
      this.lateCount = end - first;
      this.lateBehind = faults.behind;
      faultCounts.reordered++;
      return end;
    }
    for (let i = first; i < end; i++) this.pass(inner.rx, i);
    if (faults.isDuplicated && this.duplicate(first, end, received - end)) {
      faultCounts.duplicated++;
      faultCounts.duplicatedBytes += length;
    }
    if (this.lateCount > 0 && --this.lateBehind === 0) this.passLate();
    return end;
  }

  private corrupt(first: number, end: number, bit: number): void {
    const { inner } = this;
    const checked = RX_IP_CHECKSUM_GOOD | RX_L4_CHECKSUM_GOOD;
    // The device, had it looked, would have seen it.
    inner.rx[first * DESCRIPTOR_WORDS + FLAGS] &= ~checked;
    let victim = bit >>> 3;
    for (let i = first; i < end; i++) {
      const segmentLength = inner.rx[i * DESCRIPTOR_WORDS + LENGTH];
      if (victim < segmentLength) {
        const at = inner.rx[i * DESCRIPTOR_WORDS + OFFSET] + victim;
        inner.memory.bytes[at] ^= 1 << (bit & 7);
        break;
      }
      victim -= segmentLength;
    }
    this.faultCounts.corrupted++;
  }

  /** Copies a frame into buffers of the stock and lets the copy pass. @returns whether there was room */
  private duplicate(first: number, end: number, stillToCome: number): boolean {
    const { inner, counts, memory } = this;
    const segments = end - first;
    const underWay = this.passingCount + this.lateCount + stillToCome;
    if (underWay + segments > 2 * this.capacity || counts[COUNT_STOCK] < segments) return false;
    for (let i = first; i < end; i++) {
      const handle = this.stock[--counts[COUNT_STOCK]];
      const base = i * DESCRIPTOR_WORDS;
      const from = inner.rx[base + OFFSET];
      const to = memory.bufferAt(handle) + from - memory.bufferAt(inner.rx[base + HANDLE]);
      memory.bytes.copyWithin(to, from, from + inner.rx[base + LENGTH]);
      this.pass(inner.rx, i);
      const copied = (this.passingCount - 1) * DESCRIPTOR_WORDS;
      this.passing[copied + HANDLE] = handle;
      this.passing[copied + OFFSET] = to;
    }
    return true;
  }

  private passLate(): void {
    for (let i = 0; i < this.lateCount; i++) this.pass(this.late, i);
    this.lateCount = 0;
  }

  private pass(from: Int32Array, index: number): void {
    const base = index * DESCRIPTOR_WORDS;
    const to = this.passingCount++ * DESCRIPTOR_WORDS;
    for (let word = 0; word < DESCRIPTOR_WORDS; word++) this.passing[to + word] = from[base + word];
  }

  /** Moves whole frames from `passing` to `rx`. @returns number of descriptors */
  private show(): number {
    const { passing, rx } = this;
    let count = Math.min(this.passingCount, this.capacity);
    while (count > 0 && (passing[(count - 1) * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0) count--;
    for (let i = 0; i < count * DESCRIPTOR_WORDS; i++) rx[i] = passing[i];
    passing.copyWithin(0, count * DESCRIPTOR_WORDS, this.passingCount * DESCRIPTOR_WORDS);
    this.passingCount -= count;
    return count;
  }

  private lose(handle: number): void {
    this.lost[this.lostCount++] = handle;
  }

  private loseAll(): void {
    this.passLate();
    for (let i = 0; i < this.passingCount; i++) this.lose(this.passing[i * DESCRIPTOR_WORDS + HANDLE]);
    this.passingCount = 0;
  }

  /** Puts lost handles behind those that the stack returns, unless its count is nonsense. */
  private returnLost(): void {
    const { counts, free } = this;
    const count = counts[COUNT_FREE];
    if (count < 0 || count + this.lostCount > free.length) return;
    for (let i = 0; i < this.lostCount; i++) free[count + i] = this.lost[i];
    counts[COUNT_FREE] = count + this.lostCount;
    this.lostCount = 0;
  }
}
