import { COUNT_SENT, DESCRIPTOR_WORDS, FLAGS, LENGTH, type LinkQueue, MORE, OFFSET } from '@lunetta/core';
import type { CaptureOptions } from './capture-options.js';
import { WrappedQueue } from './wrapped-queue.js';

/** A copy of a frame, and when it passed. */
export interface CopiedFrame {
  readonly bytes: Uint8Array;
  readonly timeUs: number;
  /** Descriptors up to and with its last one. */
  readonly end: number;
}

/** Writes what passes to a capture. */
export class CaptureQueue extends WrappedQueue {
  private hasWritten = false;

  constructor(
    inner: LinkQueue,
    protected readonly options: CaptureOptions,
    rx: Int32Array = inner.rx,
  ) {
    super(inner, rx);
  }

  override poll(txCount: number): number {
    const outgoing = this.copyFrames(this.tx, txCount);
    const received = this.inner.poll(txCount);
    this.writeSent(outgoing, txCount);
    for (const frame of this.copyFrames(this.rx, received)) this.write(frame, 'in');
    this.flush();
    return received;
  }

  /** Copies of the frames that descriptors `0 .. count - 1` tell of: after a poll their buffers are others' to write. */
  protected copyFrames(descriptors: Int32Array, count: number): CopiedFrame[] {
    const frames: CopiedFrame[] = [];
    const timeUs = count > 0 ? this.options.clock.nowUs() : 0;
    const limit = Math.min(count, descriptors.length / DESCRIPTOR_WORDS);
    for (let at = 0; at < limit;) {
      const parts: Uint8Array[] = [];
      for (let more = true; more && at < limit; at++) {
        const d = at * DESCRIPTOR_WORDS;
        const { bytes } = this.memory;
        parts.push(bytes.slice(descriptors[d + OFFSET], descriptors[d + OFFSET] + descriptors[d + LENGTH]));
        more = (descriptors[d + FLAGS] & MORE) !== 0;
      }
      frames.push({ bytes: parts.length === 1 ? parts[0] : joined(parts), timeUs, end: at });
    }
    return frames;
  }

  /** Writes those of the copied frames that the driver has accepted. */
  protected writeSent(frames: readonly CopiedFrame[], txCount: number): void {
    const sent = txCount > 0 ? this.counts[COUNT_SENT] : 0;
    for (const frame of frames) if (frame.end <= sent) this.write(frame, 'out');
  }

  protected write({ bytes, timeUs }: CopiedFrame, direction: 'in' | 'out', comment?: string): void {
    const { writer, iface, filter, onPacket } = this.options;
    if (filter !== undefined && !filter(bytes, 0, bytes.length)) return;
    writer.writePacket(iface, timeUs, bytes, 0, bytes.length, { direction, comment });
    this.hasWritten = true;
    onPacket?.();
  }

  protected flush(): void {
    if (this.hasWritten) this.options.writer.flush();
    this.hasWritten = false;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
