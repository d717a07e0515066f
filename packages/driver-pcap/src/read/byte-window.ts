import { NOTHING_YET, type ByteSource } from './byte-source.js';

/** What {@link ByteWindow.need} answers. */
export enum Supply {
  /** The bytes are there. */
  READY,
  /** They are not there yet. */
  WAIT,
  /** There are none any more: the source ends just here. */
  END,
  /** The source ends before the last of them. */
  CUT,
}

/** No block of a capture that must be read as a whole is longer than this. */
export const MAX_BLOCK_LENGTH = 1 << 20;

/** A window over the bytes of a source: what is needed next stands in one piece, however large the source is. */
export class ByteWindow {
  readonly bytes = new Uint8Array(MAX_BLOCK_LENGTH + (64 << 10));
  readonly view = new DataView(this.bytes.buffer);
  /** Index of the next byte. */
  at = 0;
  private end = 0;
  /** Offset in the source of index 0. */
  private base = 0;

  constructor(private readonly source: ByteSource) {}

  /** Offset in the source of the next byte. */
  get offset(): number {
    return this.base + this.at;
  }

  /** Bytes that are there. */
  get available(): number {
    return this.end - this.at;
  }

  /** Makes sure that the next `length` bytes, at most {@link MAX_BLOCK_LENGTH}, stand at `at`. */
  need(length: number): Supply {
    while (this.end - this.at < length) {
      if (this.at + length > this.bytes.length || this.at === this.end) this.moveToFront();
      const count = this.source.read(this.bytes, this.end, this.bytes.length - this.end);
      if (count === NOTHING_YET) return Supply.WAIT;
      if (count === 0) return this.at === this.end ? Supply.END : Supply.CUT;
      this.end += count;
    }
    return Supply.READY;
  }

  private moveToFront(): void {
    this.bytes.copyWithin(0, this.at, this.end);
    this.base += this.at;
    this.end -= this.at;
    this.at = 0;
  }
}
