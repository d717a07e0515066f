/** What {@link FragmentRanges.add} says of a fragment. */
export enum RangeOutcome {
  /** It is new. */
  ADDED,
  /** The very same bytes' place has come before. */
  DUPLICATE,
  /** It shares bytes with another fragment, or reaches beyond the end, or names another end. */
  CONTRADICTION,
  /** There is no room for one more. */
  TOO_MANY,
}

/** Room to start with, in ranges. */
const INITIAL_CAPACITY = 8;

/** Which bytes of a datagram have come: the ranges of its fragments, in order, each as it came. */
export class FragmentRanges {
  /** Start and end of range `i` at `2 * i` and `2 * i + 1`. */
  private ranges = new Int32Array(2 * INITIAL_CAPACITY);
  private count = 0;
  /** Bytes that have come. */
  private bytes = 0;
  /** The datagram's length, without its header; -1 until the last fragment has come. */
  private total = -1;

  /** True if no byte is missing. */
  get isComplete(): boolean {
    return this.bytes === this.total;
  }

  /** The datagram's length without its header; -1 if that is not known yet. */
  get totalLength(): number {
    return this.total;
  }

  /** Starts anew. */
  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.total = -1;
  }

  /**
   * Takes in the fragment of the bytes `[start, end)`.
   *
   * @param isLast no bytes come after it
   * @param limit ranges at most
   */
  add(start: number, end: number, isLast: boolean, limit: number): RangeOutcome {
    const { ranges, count } = this;
    const place = this.placeOf(start);
    const at = 2 * place;
    const isRepeated = place < count && ranges[at] === start && ranges[at + 1] === end;
    if (isRepeated && isLast === (end === this.total)) return RangeOutcome.DUPLICATE;
    const overlapsBefore = place > 0 && ranges[at - 1] > start;
    const overlapsAfter = place < count && ranges[at] < end;
    if (isRepeated || overlapsBefore || overlapsAfter || !this.agreesOnEnd(end, isLast)) {
      return RangeOutcome.CONTRADICTION;
    }
    if (count === limit) return RangeOutcome.TOO_MANY;
    this.insert(place, start, end);
    if (isLast) this.total = end;
    return RangeOutcome.ADDED;
  }

  private agreesOnEnd(end: number, isLast: boolean): boolean {
    if (this.total >= 0) return !isLast && end <= this.total;
    return !isLast || this.count === 0 || this.ranges[2 * this.count - 1] <= end;
  }

  /** Index of the first range that starts at `start` or later. Fragments mostly come in order: from the end. */
  private placeOf(start: number): number {
    let place = this.count;
    while (place > 0 && this.ranges[2 * (place - 1)] >= start) place--;
    return place;
  }

  private insert(place: number, start: number, end: number): void {
    if (2 * this.count === this.ranges.length) {
      const grown = new Int32Array(2 * this.ranges.length);
      grown.set(this.ranges);
      this.ranges = grown;
    }
    const { ranges } = this;
    ranges.copyWithin(2 * place + 2, 2 * place, 2 * this.count);
    ranges[2 * place] = start;
    ranges[2 * place + 1] = end;
    this.count++;
    this.bytes += end - start;
  }
}
