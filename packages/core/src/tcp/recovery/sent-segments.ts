import { isAfter } from '../sequence.js';

/** Of each segment: first sequence number, the one after its last, when it was sent last, flags. */
const WORDS = 4;
const START = 0;
const END = 1;
const SENT_US = 2;
const FLAGS = 3;

/** The peer has said that it has it. */
export const SACKED = 1;
/** It is held to be lost, and was not sent again since. */
export const LOST = 2;
/** It was sent more than once. */
export const RETRANSMITTED = 4;
/** Its last sequence number is our FIN's. */
export const HOLDS_FIN = 8;

const INITIAL_CAPACITY = 16;
const EMPTY = new Int32Array(0);

/**
 * The segments that were sent and not acknowledged, in order of their sequence numbers. Times are microseconds modulo
 * 2^32, so that they stay small integers.
 */
export class SentSegments {
  /** Number of segments. */
  count = 0;
  private words: Int32Array = EMPTY;
  private first = 0;

  start(index: number): number {
    return this.words[(this.first + index) * WORDS + START];
  }

  end(index: number): number {
    return this.words[(this.first + index) * WORDS + END];
  }

  /** Bytes of sequence space. */
  length(index: number): number {
    const at = (this.first + index) * WORDS;
    return (this.words[at + END] - this.words[at + START]) | 0;
  }

  /** Bytes of text: without our FIN. */
  textLength(index: number): number {
    return this.length(index) - ((this.flags(index) & HOLDS_FIN) !== 0 ? 1 : 0);
  }

  sentUs(index: number): number {
    return this.words[(this.first + index) * WORDS + SENT_US];
  }

  flags(index: number): number {
    return this.words[(this.first + index) * WORDS + FLAGS];
  }

  setFlags(index: number, flags: number): void {
    this.words[(this.first + index) * WORDS + FLAGS] = flags;
  }

  setSentUs(index: number, us: number): void {
    this.words[(this.first + index) * WORDS + SENT_US] = us;
  }

  /** Moves the start of the first segment, which was acknowledged in part. */
  setStart(index: number, start: number): void {
    this.words[(this.first + index) * WORDS + START] = start;
  }

  /** Adds a segment after all others. */
  push(start: number, end: number, us: number, flags: number): void {
    this.makeRoom();
    const at = (this.first + this.count++) * WORDS;
    this.words[at + START] = start;
    this.words[at + END] = end;
    this.words[at + SENT_US] = us;
    this.words[at + FLAGS] = flags;
  }

  /** Takes the first segment out. */
  shift(): void {
    this.first++;
    if (--this.count === 0) this.release();
  }

  /** Cuts segment `index` in two at `seq`, which lies within it; both keep its time, the second its FIN. */
  split(index: number, seq: number): void {
    this.makeRoom();
    const at = (this.first + index) * WORDS;
    this.words.copyWithin(at + WORDS, at, (this.first + this.count) * WORDS);
    this.count++;
    this.words[at + END] = seq;
    this.words[at + FLAGS] &= ~HOLDS_FIN;
    this.words[at + WORDS + START] = seq;
  }

  /** The segment that holds `seq`, or the first after it; {@link count} if there is none. */
  find(seq: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(this.end(middle), seq)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
    this.release();
  }

  private makeRoom(): void {
    const { words, first, count } = this;
    if ((first + count + 1) * WORDS <= words.length) return;
    if (words.length === 0) {
      this.words = new Int32Array(INITIAL_CAPACITY * WORDS);
    } else if (first * 2 >= count) {
      words.copyWithin(0, first * WORDS, (first + count) * WORDS);
    } else {
      this.words = new Int32Array(words.length * 2);
      this.words.set(words.subarray(first * WORDS, (first + count) * WORDS));
    }
    this.first = 0;
  }

  private release(): void {
    this.first = 0;
    if (this.words.length > INITIAL_CAPACITY * WORDS) this.words = EMPTY;
  }
}
