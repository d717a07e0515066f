import {
  COUNT_FREE,
  COUNT_STATE,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  type LinkQueue,
  MORE,
  type QueueAudit,
  STATE_UP,
} from '@lunetta/core';
import type { CaptureOptions } from './capture-options.js';
import { CaptureQueue, type CopiedFrame } from './capture-queue.js';
import { FrameFate } from './frame-fate.js';

/**
 * Writes what passes to a capture, and with each received frame what became of it. The stack is shown one frame a poll;
 * before the next one its accounts tell the rest. While more than a burst of frames wait, it is shown all of them, and
 * they are written with what became of them together.
 */
export class ExplainingQueue extends CaptureQueue {
  /** Edge even where the inner queue says level: it does not know of the frames that wait here. */
  override readonly wakeup = this.inner.wakeup === 'none' ? 'none' : 'edge';
  override readonly nextFrameAt =
    this.inner.nextFrameAt === undefined
      ? undefined
      : () => (this.waitingCount > 0 ? this.options.clock.nowUs() : this.inner.nextFrameAt!());
  private readonly capacity: number;
  /** Descriptors of the frames to be shown next: two bursts at most. */
  private readonly waiting: Int32Array;
  private waitingCount = 0;
  /** Copies of the frames that the last poll showed. */
  private shown: readonly CopiedFrame[] = [];
  private fate: FrameFate | undefined = undefined;
  private isClosed = false;

  constructor(inner: LinkQueue, options: CaptureOptions) {
    super(inner, options, new Int32Array(inner.rx.length));
    this.capacity = inner.rx.length / DESCRIPTOR_WORDS;
    this.waiting = new Int32Array(2 * inner.rx.length);
  }

  override poll(txCount: number): number {
    this.explainShown();
    const outgoing = this.copyFrames(this.tx, txCount);
    const received = this.inner.poll(txCount);
    this.writeSent(outgoing, txCount);
    if (this.isClosed) return 0;
    this.waiting.set(this.inner.rx.subarray(0, received * DESCRIPTOR_WORDS), this.waitingCount * DESCRIPTOR_WORDS);
    this.waitingCount += received;
    if (this.counts[COUNT_STATE] !== STATE_UP) this.giveBackWaiting();
    const count = this.show();
    this.shown = this.copyFrames(this.rx, count);
    this.flush();
    return count;
  }

  override audit(): QueueAudit {
    const { size, available, inUse, device } = this.inner.audit();
    return { size, available, inUse: inUse - this.waitingCount, device: device + this.waitingCount };
  }

  /** Gives what waits to the inner queue, which is closed next. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.explainShown();
    this.flush();
    this.giveBackWaiting();
  }

  private explainShown(): void {
    const iface = this.options.explain?.();
    if (iface !== undefined) this.fate ??= new FrameFate(iface);
    const comment = this.fate?.tell();
    const { shown } = this;
    this.shown = [];
    const isGroup = shown.length > 1 && comment !== undefined;
    for (const frame of shown) {
      this.write(frame, 'in', isGroup ? `one of ${shown.length}: ${comment}` : comment || undefined);
    }
  }

  /** Moves the first frame that waits to `rx`, or a burst if more than that wait; the number of descriptors. */
  private show(): number {
    const { waiting, rx } = this;
    let count = 0;
    if (this.waitingCount > this.capacity) {
      count = this.capacity;
      while (count > 0 && (waiting[(count - 1) * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0) count--;
    } else if (this.waitingCount > 0) {
      do count++;
      while ((waiting[(count - 1) * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0);
    }
    for (let i = 0; i < count * DESCRIPTOR_WORDS; i++) rx[i] = waiting[i];
    waiting.copyWithin(0, count * DESCRIPTOR_WORDS, this.waitingCount * DESCRIPTOR_WORDS);
    this.waitingCount -= count;
    return count;
  }

  /** Puts the handles of what waits behind those that the stack returns. */
  private giveBackWaiting(): void {
    const { counts, free, waiting } = this;
    for (let i = 0; i < this.waitingCount; i++) free[counts[COUNT_FREE]++] = waiting[i * DESCRIPTOR_WORDS + HANDLE];
    this.waitingCount = 0;
  }
}
