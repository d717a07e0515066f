/** Where a capture's bytes go. */
export interface CaptureSink {
  /** What it is called in messages: a path, `stdout`. */
  readonly name: string;
  /**
   * Writes all of the bytes; they may be changed afterwards.
   *
   * @throws LunettaError `LUNETTA_ERR_CAPTURE` with the offset: a full disk, a reader that has gone
   */
  write(bytes: Uint8Array): void;
  /** Ends it; idempotent. */
  close(): void;
}

/** Keeps the bytes in memory, for tests and for captures that are written only when something went wrong. */
export class MemorySink implements CaptureSink {
  readonly name = 'memory';
  private buffer = new Uint8Array(4096);
  private length = 0;

  /** All that was written, a copy. */
  get bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  write(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.buffer.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.buffer.length));
      grown.set(this.buffer.subarray(0, this.length));
      this.buffer = grown;
    }
    this.buffer.set(bytes, this.length);
    this.length = end;
  }

  close(): void {
    // Memory needs no end.
  }
}
