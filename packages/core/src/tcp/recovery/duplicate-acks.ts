/** Duplicate ACKs that mean a loss, without SACK (RFC 5681 section 3.2). */
const DUPLICATE_THRESHOLD = 3;

/** What a peer without SACK has received, by the count of its duplicate ACKs (RFC 9937 section 6.1, RFC 6582). */
export class DuplicateAcks {
  /** Bytes that they show to have arrived. */
  presumed = 0;
  private inARow = 0;

  /** They mean that something is lost. */
  get meanLoss(): boolean {
    return this.inARow >= DUPLICATE_THRESHOLD;
  }

  clear(): void {
    this.presumed = 0;
    this.inARow = 0;
  }

  /** One more, of which each is for a segment that has arrived; at least one of those outstanding has not. */
  add(mss: number, outstanding: number): void {
    this.inARow++;
    this.presumed = Math.min(this.presumed + mss, Math.max(0, outstanding - mss));
  }

  /**
   * New text is acknowledged.
   *
   * @param isPartial in recovery: what is presumed beyond it stays so
   * @returns how much of it was not presumed before
   */
  acknowledged(acked: number, mss: number, isPartial: boolean): number {
    const known = Math.min(this.presumed, Math.max(0, acked - mss));
    this.presumed = isPartial ? this.presumed - known : 0;
    this.inARow = 0;
    return acked - known;
  }
}
