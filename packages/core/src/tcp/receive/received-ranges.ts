import { isAfter, isBefore } from '../sequence.js';

/** Of each range: first sequence number, the one after its last, and when it last grew. */
const WORDS = 3;
const INITIAL_CAPACITY = 8;

/** Which bytes have come out of order: ranges of sequence numbers in order, never touching one another. */
export class ReceivedRanges {
  private words = new Int32Array(WORDS * INITIAL_CAPACITY);
  private used = 0;
  private clock = 0;

  /** Number of ranges. */
  get count(): number {
    return this.used;
  }

  /** First sequence number of range `index`. */
  start(index: number): number {
    return this.words[WORDS * index];
  }

  /** The sequence number after the last of range `index`. */
  end(index: number): number {
    return this.words[WORDS * index + 1];
  }

  /** True if every byte of `[start, end)` has come. */
  contains(start: number, end: number): boolean {
    const index = this.firstEndingAfter(start);
    return index < this.used && !isAfter(this.start(index), start) && !isBefore(this.end(index), end);
  }

  /** Takes in `[start, end)`; false if that would make more than `limit` ranges. */
  add(start: number, end: number, limit: number): boolean {
    const first = this.firstReaching(start);
    let last = first;
    while (last < this.used && !isAfter(this.start(last), end)) {
      if (isBefore(this.start(last), start)) start = this.start(last);
      if (isAfter(this.end(last), end)) end = this.end(last);
      last++;
    }
    if (last === first) {
      if (this.used === limit) return false;
      this.open(first);
    } else {
      this.close(first + 1, last);
    }
    const at = WORDS * first;
    this.words[at] = start;
    this.words[at + 1] = end;
    this.words[at + 2] = this.clock = (this.clock + 1) | 0;
    return true;
  }

  /** Takes out what comes before `next`; the sequence number up to which all is there then. */
  advance(next: number): number {
    let passed = 0;
    while (passed < this.used && !isAfter(this.start(passed), next)) {
      if (isAfter(this.end(passed), next)) next = this.end(passed);
      passed++;
    }
    this.close(0, passed);
    return next;
  }

  /**
   * Writes at most `limit` ranges as SACK blocks to `blocks`, from `2 * from` on, the one that grew last first
   * (RFC 2018 section 4).
   *
   * @returns how many blocks there are then
   */
  newest(blocks: Int32Array, from: number, limit: number): number {
    let count = from;
    let below = 0;
    for (; count < limit && count - from < this.used; count++) {
      let best = -1;
      for (let i = 0; i < this.used; i++) {
        const age = (this.clock - this.words[WORDS * i + 2]) | 0;
        if (age >= below && (best < 0 || age < ((this.clock - this.words[WORDS * best + 2]) | 0))) best = i;
      }
      if (best < 0) break;
      blocks[2 * count] = this.start(best);
      blocks[2 * count + 1] = this.end(best);
      below = ((this.clock - this.words[WORDS * best + 2]) | 0) + 1;
    }
    return count;
  }

  /** The first range that ends after `seq`. */
  private firstEndingAfter(seq: number): number {
    let index = this.used;
    while (index > 0 && isAfter(this.end(index - 1), seq)) index--;
    return index;
  }

  /** The first range that ends at `seq` or later: the one that `[seq, ...)` may join. Most segments join the last. */
  private firstReaching(seq: number): number {
    let index = this.used;
    while (index > 0 && !isBefore(this.end(index - 1), seq)) index--;
    return index;
  }

  private open(index: number): void {
    if (WORDS * this.used === this.words.length) {
      const grown = new Int32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    this.words.copyWithin(WORDS * (index + 1), WORDS * index, WORDS * this.used);
    this.used++;
  }

  private close(from: number, to: number): void {
    if (from >= to) return;
    this.words.copyWithin(WORDS * from, WORDS * to, WORDS * this.used);
    this.used -= to - from;
  }
}
