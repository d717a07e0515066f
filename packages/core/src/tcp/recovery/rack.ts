import type { RttEstimator } from '../rtt-estimator.js';
import { isAfter, isBefore, latest } from '../sequence.js';
import type { DeliveryObserver, Scoreboard } from './scoreboard.js';
import { LOST, RETRANSMITTED, SACKED } from './sent-segments.js';

/** Segments that the peer has beyond a hole, from which on it is taken for a loss at once (RFC 8985 section 3.3.2). */
const DUPLICATE_THRESHOLD = 3;
/** Recoveries that a larger reordering window outlives the last DSACK (RFC 8985 section 6.2, step 4). */
const PERSIST = 16;
/** Of {@link Rack.learned}: bits below the growth of the window, and what fits beside them. */
const PERSIST_BITS = 6;
const PERSIST_MASK = 0x1f;
const MAX_GROWTH = 0xffff;

/**
 * RACK (RFC 8985 section 6): a segment is lost if one that was sent sufficiently later has arrived. How much later is
 * the reordering window, which adapts to what the network does. Times are microseconds modulo 2^32.
 */
export class Rack implements DeliveryObserver {
  /** A segment was delivered that was sent before one that had been delivered already. */
  hasReordering = false;
  /** When the segment was sent that was sent last of all delivered ones, and the end of it. */
  private sentUs = 0;
  private end = 0;
  private hasDelivered = false;
  private rttUs = 0;
  /** The highest sequence number delivered. */
  private forward = 0;
  /** The highest that was sent again. */
  private resentEnd = 0;
  private hasResent = false;
  private windowFactor = 1;
  private windowPersist = PERSIST;
  /** DSACKs before this sequence number are of a round that has been counted. */
  private duplicateRound = 0;
  private isInDuplicateRound = false;
  private nowUs = 0;
  private rtt!: RttEstimator;

  /** Is lent to a sender that has nothing under way. @param learned what {@link learned} said last; 0: nothing yet */
  lend(rtt: RttEstimator, learned: number): void {
    this.rtt = rtt;
    this.hasDelivered = false;
    this.hasResent = false;
    this.isInDuplicateRound = false;
    this.hasReordering = (learned & 1) !== 0;
    this.windowPersist = PERSIST - ((learned >> 1) & PERSIST_MASK);
    this.windowFactor = 1 + (learned >> PERSIST_BITS);
  }

  /** What outlives the segments under way: whether there is reordering, and how large the window has become. */
  get learned(): number {
    const grown = Math.min(this.windowFactor - 1, MAX_GROWTH);
    return (grown << PERSIST_BITS) | ((PERSIST - this.windowPersist) << 1) | (this.hasReordering ? 1 : 0);
  }

  /** An acknowledgment is about to be worked through. */
  begin(nowUs: number): void {
    this.nowUs = nowUs | 0;
  }

  /** A segment is known to have arrived (RFC 8985 section 6.2, steps 1 to 3). */
  delivered(sentUs: number, end: number, flags: number): void {
    const rttUs = (this.nowUs - sentUs) | 0;
    // Sooner than a round trip after it was sent again: this is about the first transmission.
    if ((flags & RETRANSMITTED) !== 0 && rttUs < this.rtt.minUs) return;
    if (!this.hasDelivered) this.forward = end;
    else if (isBefore(end, this.forward)) {
      if ((flags & RETRANSMITTED) === 0) this.hasReordering = true;
    } else this.forward = end;
    if (this.hasDelivered && !this.isSentAfter(sentUs, end)) return;
    this.hasDelivered = true;
    this.sentUs = sentUs;
    this.end = end;
    this.rttUs = rttUs;
  }

  /** True if a segment was sent after the last one delivered. */
  private isSentAfter(sentUs: number, end: number): boolean {
    return sentUs === this.sentUs ? isAfter(end, this.end) : isAfter(sentUs, this.sentUs);
  }

  /** A segment was sent again. */
  resent(end: number): void {
    this.resentEnd = this.hasResent ? latest(this.resentEnd, end) : end;
    this.hasResent = true;
  }

  /** Nothing is under way any more, or recovery is over. */
  settled(): void {
    this.hasResent = false;
  }

  /** The peer got something twice: once a round trip the reordering window grows (RFC 8985 section 6.2, step 4). */
  duplicated(una: number, next: number): void {
    if (this.isInDuplicateRound && isBefore(una, this.duplicateRound)) return;
    this.isInDuplicateRound = true;
    this.duplicateRound = next;
    this.windowFactor++;
    this.windowPersist = PERSIST;
  }

  /** A recovery is over; after some without a DSACK the window is the smallest again. */
  recovered(): void {
    if (--this.windowPersist > 0) return;
    this.windowFactor = 1;
    this.windowPersist = PERSIST;
  }

  /** How long after it was sent a segment may still arrive once a later one has (RFC 8985 section 6.2, step 4). */
  private window(board: Scoreboard, isRecovering: boolean, mss: number): number {
    if (!this.hasReordering) {
      if (isRecovering || board.sackedBytes >= DUPLICATE_THRESHOLD * mss) return 0;
    }
    return Math.min((this.rtt.minUs * this.windowFactor) >> 2, this.rtt.smoothedUs);
  }

  /**
   * Marks the segments that are lost (RFC 8985 section 6.2, step 5).
   *
   * @returns microseconds until another one may be; 0 if none is waited for
   */
  detect(board: Scoreboard, isRecovering: boolean, mss: number, nowUs: number): number {
    if (!this.hasDelivered) return 0;
    const { segments } = board;
    const allowed = this.rttUs + this.window(board, isRecovering, mss);
    const lastEnd = this.hasResent ? latest(this.end, this.resentEnd) : this.end;
    let waitUs = 0;
    for (let i = 0; i < segments.count && isBefore(segments.start(i), lastEnd); i++) {
      if ((segments.flags(i) & (SACKED | LOST)) !== 0) continue;
      const sentUs = segments.sentUs(i);
      if (this.isSentAfter(sentUs, segments.end(i)) || segments.end(i) === this.end) continue;
      const remaining = (sentUs + allowed - nowUs) | 0;
      if (remaining <= 0) board.markLost(i);
      else if (remaining > waitUs) waitUs = remaining;
    }
    return waitUs;
  }

  /** After a timeout: marks the first segment, and those that were sent long enough ago (RFC 8985 section 6.3). */
  timedOut(board: Scoreboard, mss: number, nowUs: number): void {
    const { segments } = board;
    board.cutFirst(mss);
    const allowed = this.rttUs + this.window(board, false, mss);
    for (let i = 0; i < segments.count; i++) {
      if (i === 0 || ((segments.sentUs(i) + allowed - nowUs) | 0) <= 0) board.markLost(i);
    }
  }
}
