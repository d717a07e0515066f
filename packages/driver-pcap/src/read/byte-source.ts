import { closeSync, openSync, readSync } from 'node:fs';
import { captureError } from '../capture-error.js';

/** What {@link ByteSource.read} answers when there is nothing now but may be later. */
export const NOTHING_YET = -1;

/** The bytes of a capture, from the first to the last. */
export interface ByteSource {
  /** What it is called in messages. */
  readonly name: string;
  /** Whether bytes may come later: a pipe, a network. */
  readonly isLive: boolean;
  /**
   * Reads up to `length` bytes to `into[at...]`; how many, 0 at the end, or {@link NOTHING_YET}.
   *
   * @throws LunettaError `LUNETTA_ERR_CAPTURE`
   */
  read(into: Uint8Array, at: number, length: number): number;
  /** Ends it; idempotent. */
  close(): void;
}

/** A file. */
export class FileBytes implements ByteSource {
  readonly isLive = false;
  private fd: number;
  private offset = 0;

  /** @throws LunettaError `LUNETTA_ERR_CAPTURE` if it cannot be opened */
  constructor(readonly name: string) {
    try {
      this.fd = openSync(name, 'r');
    } catch (cause) {
      throw captureError(name, 0, `cannot be opened: ${(cause as Error).message}`, cause);
    }
  }

  read(into: Uint8Array, at: number, length: number): number {
    try {
      const count = readSync(this.fd, into, at, length, null);
      this.offset += count;
      return count;
    } catch (cause) {
      throw captureError(this.name, this.offset, `cannot be read: ${(cause as Error).message}`, cause);
    }
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
}

/** Bytes in memory, which may still grow: what a stream brings, or a test. */
export class LiveBytes implements ByteSource {
  readonly isLive = true;
  /** Called when bytes or the end have come. */
  onArrival: (() => void) | undefined = undefined;
  /** Called when bytes were taken. */
  onTaken: (() => void) | undefined = undefined;
  private readonly chunks: Uint8Array[] = [];
  private readAt = 0;
  private waiting = 0;
  private isEnded = false;
  private failure: Error | undefined = undefined;

  constructor(readonly name: string) {}

  /** Bytes that wait to be read. */
  get pendingBytes(): number {
    return this.waiting;
  }

  /** Adds bytes; they are not to be changed afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.waiting += bytes.length;
    this.onArrival?.();
  }

  /** No more bytes come; with `failure`, because of that. */
  end(failure?: Error): void {
    this.isEnded = true;
    this.failure ??= failure;
    this.onArrival?.();
  }

  read(into: Uint8Array, at: number, length: number): number {
    let count = 0;
    while (count < length && this.chunks.length > 0) {
      const [chunk] = this.chunks;
      const taken = Math.min(length - count, chunk.length - this.readAt);
      into.set(chunk.subarray(this.readAt, this.readAt + taken), at + count);
      count += taken;
      this.readAt += taken;
      if (this.readAt < chunk.length) break;
      this.chunks.shift();
      this.readAt = 0;
    }
    this.waiting -= count;
    if (count > 0) {
      this.onTaken?.();
      return count;
    }
    if (this.failure !== undefined) throw this.failure;
    return this.isEnded ? 0 : NOTHING_YET;
  }

  close(): void {
    this.chunks.length = 0;
    this.waiting = 0;
    this.isEnded = true;
  }
}
