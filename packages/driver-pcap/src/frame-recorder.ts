import { DESCRIPTOR_WORDS, LENGTH, OFFSET } from '@lunetta/core';
import type { CaptureWriter } from './write/capture-writer.js';

/** Writes the frames that the stack sends to a capture; a capture that cannot be written any more is told once. */
export class FrameRecorder {
  /** Why nothing is written any more. */
  failure: Error | undefined = undefined;
  /** A frame of several segments is put together here. */
  private joined = new Uint8Array(2048);
  private hasUnflushed = false;

  /**
   * @param writer undefined: frames go nowhere
   * @param iface the interface's number in the capture
   * @param flushesEachPoll whether what one poll sent is handed on at once
   */
  constructor(
    private readonly writer: CaptureWriter | undefined,
    private readonly iface: number,
    private readonly flushesEachPoll: boolean,
  ) {}

  /** Writes the frame of descriptors `at .. end - 1`, `length` bytes long; false if that is not possible. */
  write(timeUs: number, bytes: Uint8Array, tx: Int32Array, at: number, end: number, length: number): boolean {
    if (this.failure !== undefined) return false;
    if (this.writer === undefined) return true;
    try {
      if (end - at === 1)
        this.writer.writePacket(this.iface, timeUs, bytes, tx[at * DESCRIPTOR_WORDS + OFFSET], length);
      else this.writer.writePacket(this.iface, timeUs, this.join(bytes, tx, at, end, length), 0, length);
      this.hasUnflushed = true;
      return true;
    } catch (error) {
      this.failure = error as Error;
      return false;
    }
  }

  /** The frames of one poll are written. */
  endPoll(): void {
    if (this.flushesEachPoll && this.hasUnflushed) this.flush();
  }

  /** Hands on what is gathered. */
  flush(): void {
    this.hasUnflushed = false;
    this.attempt(() => this.writer?.flush());
  }

  /** Writes what is left and ends the capture; idempotent. */
  close(): void {
    this.attempt(() => this.writer?.close());
  }

  private attempt(work: () => void): void {
    if (this.failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.failure = error as Error;
    }
  }

  private join(bytes: Uint8Array, tx: Int32Array, at: number, end: number, length: number): Uint8Array {
    if (length > this.joined.length) this.joined = new Uint8Array(length);
    let filled = 0;
    for (let d = at * DESCRIPTOR_WORDS; d < end * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      this.joined.set(bytes.subarray(tx[d + OFFSET], tx[d + OFFSET] + tx[d + LENGTH]), filled);
      filled += tx[d + LENGTH];
    }
    return this.joined;
  }
}
