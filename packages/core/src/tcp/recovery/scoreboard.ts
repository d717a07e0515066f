import { isAfter, isBefore } from '../sequence.js';
import { LOST, RETRANSMITTED, SACKED, SentSegments } from './sent-segments.js';

/** Hears which segments have arrived and which were sent again: RACK. */
export interface DeliveryObserver {
  /** A segment is known to have arrived; `flags` are those before. */
  delivered(sentUs: number, end: number, flags: number): void;
  resent(end: number): void;
}

/**
 * What became of the segments that are under way: acknowledged, selectively acknowledged, lost, sent again (RFC 6675
 * section 4; which are lost says `Rack`).
 */
export class Scoreboard {
  readonly segments = new SentSegments();
  /** Bytes sent and not acknowledged. */
  outstanding = 0;
  /** Bytes of it that the peer has said it has. */
  sackedBytes = 0;
  /** Bytes of it that are held to be lost and not sent again yet. */
  lostBytes = 0;
  /** Bytes that the present acknowledgment says have arrived, and was not known of. */
  delivered = 0;
  /** The present acknowledgment is for the first time about bytes that were sent more than once. */
  isAmbiguous = false;
  /** When the segment was sent that the present acknowledgment is about, the last one if several; see {@link hasSample}. */
  sampleUs = 0;
  hasSample = false;
  /** No lost segment stands before this index. */
  private lostFrom = 0;

  constructor(private readonly observer: DeliveryObserver) {}

  /** Bytes that are held to be in the network: the `pipe` of RFC 6675. */
  get inFlight(): number {
    return this.outstanding - this.sackedBytes - this.lostBytes;
  }

  /** True if no more than one segment is under way. */
  isSingle(mss: number): boolean {
    return this.segments.count === 1 && this.segments.textLength(0) <= mss;
  }

  /** A segment of new sequence numbers, or several in one piece, was sent. */
  sent(start: number, end: number, nowUs: number, flags: number): void {
    this.segments.push(start, end, nowUs | 0, flags);
    this.outstanding += (end - start) | 0;
  }

  /** An acknowledgment is about to be worked through. */
  begin(): void {
    this.delivered = 0;
    this.isAmbiguous = false;
    this.hasSample = false;
  }

  /** All before `una` is acknowledged. */
  acknowledge(una: number): void {
    const { segments } = this;
    while (segments.count > 0 && !isAfter(segments.end(0), una)) {
      this.settle(0, segments.length(0));
      segments.shift();
      if (this.lostFrom > 0) this.lostFrom--;
    }
    if (segments.count === 0 || !isBefore(segments.start(0), una)) return;
    // A part of a segment: what is left keeps its state.
    this.settle(0, (una - segments.start(0)) | 0);
    segments.setStart(0, una);
  }

  /** The first `length` bytes of segment `index` are acknowledged. */
  private settle(index: number, length: number): void {
    const flags = this.segments.flags(index);
    this.outstanding -= length;
    if ((flags & LOST) !== 0) this.lostBytes -= length;
    if ((flags & SACKED) !== 0) this.sackedBytes -= length;
    else this.deliver(index, length, flags);
  }

  /** The peer says that it has `[start, end)`. */
  sack(start: number, end: number): void {
    const { segments } = this;
    let index = segments.find(start);
    if (index < segments.count && isBefore(segments.start(index), start)) {
      segments.split(index, start);
      index++;
    }
    for (; index < segments.count && isBefore(segments.start(index), end); index++) {
      if (isAfter(segments.end(index), end)) segments.split(index, end);
      const flags = segments.flags(index);
      if ((flags & SACKED) !== 0) continue;
      const length = segments.length(index);
      if ((flags & LOST) !== 0) this.lostBytes -= length;
      segments.setFlags(index, (flags & ~LOST) | SACKED);
      this.sackedBytes += length;
      this.deliver(index, length, flags);
    }
  }

  /** The first `length` bytes of segment `index` have arrived. */
  private deliver(index: number, length: number, flags: number): void {
    const { segments } = this;
    const sentUs = segments.sentUs(index);
    this.delivered += length;
    if ((flags & RETRANSMITTED) !== 0) {
      this.isAmbiguous = true;
    } else if (!this.hasSample || isAfter(sentUs, this.sampleUs)) {
      this.hasSample = true;
      this.sampleUs = sentUs;
    }
    this.observer.delivered(sentUs, (segments.start(index) + length) | 0, flags);
  }

  /** Makes the first segment one of `mss` bytes at most: several may have been sent in one piece. */
  cutFirst(mss: number): void {
    const { segments } = this;
    if (segments.count > 0 && segments.textLength(0) > mss) segments.split(0, (segments.start(0) + mss) | 0);
  }

  /** Makes the last segment one of `mss` bytes at most; its index. */
  cutLast(mss: number): number {
    const { segments } = this;
    const last = segments.count - 1;
    const before = segments.textLength(last) - mss;
    if (before <= 0) return last;
    segments.split(last, (segments.start(last) + before) | 0);
    return last + 1;
  }

  /** Segment `index` is held to be lost. */
  markLost(index: number): void {
    const { segments } = this;
    const flags = segments.flags(index);
    if ((flags & (LOST | SACKED)) !== 0) return;
    segments.setFlags(index, flags | LOST);
    this.lostBytes += segments.length(index);
    if (index < this.lostFrom) this.lostFrom = index;
  }

  /** All that the peer has not said it has is held to be lost. */
  markAllLost(): void {
    for (let i = 0; i < this.segments.count; i++) this.markLost(i);
    this.lostFrom = 0;
  }

  /** All before `seq` that the peer has not said it has is held to be lost. */
  markLostBefore(seq: number): void {
    for (let i = 0; i < this.segments.count && isBefore(this.segments.start(i), seq); i++) this.markLost(i);
  }

  /** Lost segments are under way after all. */
  unmarkLost(): void {
    const { segments } = this;
    for (let i = 0; i < segments.count; i++) segments.setFlags(i, segments.flags(i) & ~LOST);
    this.lostBytes = 0;
  }

  /** The peer may have thrown away what it said it has (RFC 2018 section 8): after a timeout nothing of it counts. */
  forgetSacks(): void {
    const { segments } = this;
    for (let i = 0; i < segments.count; i++) segments.setFlags(i, segments.flags(i) & ~SACKED);
    this.sackedBytes = 0;
  }

  /** The first lost segment that was not sent again; -1 if there is none. */
  nextLost(): number {
    if (this.lostBytes === 0) return -1;
    const { segments } = this;
    for (let i = this.lostFrom; i < segments.count; i++) {
      if ((segments.flags(i) & LOST) === 0) continue;
      this.lostFrom = i;
      return i;
    }
    return -1;
  }

  /** Segment `index` was sent again. */
  resent(index: number, nowUs: number): void {
    const { segments } = this;
    const flags = segments.flags(index);
    if ((flags & LOST) !== 0) this.lostBytes -= segments.length(index);
    segments.setFlags(index, (flags & ~LOST) | RETRANSMITTED);
    segments.setSentUs(index, nowUs | 0);
    this.observer.resent(segments.end(index));
  }

  clear(): void {
    this.segments.clear();
    this.outstanding = 0;
    this.sackedBytes = 0;
    this.lostBytes = 0;
    this.lostFrom = 0;
  }
}
