import type { ByteRing, RingMemory } from '../ring-memory.js';
import type { Segment } from '../segment.js';
import { isAfter, isBefore } from '../sequence.js';
import type { TcpLimits } from '../tcp-limits.js';
import { ReceivedRanges } from './received-ranges.js';

/** What {@link Receiver.take} says of a segment's text. */
export enum Taken {
  /** The stream has grown. */
  IN_ORDER,
  /** It is kept until what comes before it is there. */
  OUT_OF_ORDER,
  /** All of it has come before. */
  DUPLICATE,
  /** The memory of all connections is used up. */
  NO_MEMORY,
  /** It would make one range too many. */
  TOO_MANY_RANGES,
}

/** What all receivers of a stack share. */
export interface ReceiverShared {
  readonly limits: TcpLimits;
  readonly memory: RingMemory;
}

/** The receiving half of a connection: the stream as far as it has come, what came out of order, the window. */
export class Receiver {
  /** RCV.NXT: the next sequence number in order. */
  next = 0;
  /** Bytes that the stream may wait for the application in, at most; grows with what it takes in a round trip. */
  limit: number;
  /** Shift of the windows that we advertise. */
  windowShift = 0;
  /** Both sides scale their windows. */
  isScaled = false;
  /** The peer's FIN has come, at {@link finSeq}. */
  hasFin = false;
  finSeq = 0;
  /** The stream has ended: the FIN's turn has come. */
  isFinished = false;
  /** An acknowledgment is to leave at once. */
  isAckDue = false;
  /** Full segments, and bytes, that came in order since the last acknowledgment. */
  unackedBytes = 0;
  /** The largest text seen: what counts as a full segment. */
  largest = 0;
  /** What came twice, to be told in the next SACK option (RFC 2883); none if both are equal. */
  duplicateStart = 0;
  duplicateEnd = 0;
  /** Up to where urgent text is still to be read; undefined: none is. */
  private urgentEnd: number | undefined = undefined;
  /** The stream: what is in order, and beyond it what came out of order; if there is nothing, the ring that all share. */
  ring: ByteRing;
  /** Bytes that the ring needed when there was one. */
  private usual = 0;
  /** The right edge of the window that was advertised last; it never moves back. */
  private edge = 0;
  private ranges: ReceivedRanges | undefined = undefined;
  /** For {@link consumed}: bytes that the application took since `roundAtUs`. */
  private taken = 0;
  private roundAtUs = 0;

  constructor(private readonly shared: ReceiverShared) {
    this.ring = shared.memory.emptyRing;
    this.limit = shared.limits.initialReceiveBuffer;
  }

  /** The peer's SYN had this sequence number; `window` was advertised with ours. */
  start(irs: number, window: number): void {
    this.next = (irs + 1) | 0;
    this.edge = (this.next + window) | 0;
  }

  /** RCV.WND: bytes after {@link next} that may come. */
  get window(): number {
    return (this.edge - this.next) | 0;
  }

  /** Number of ranges that wait out of order. */
  get rangeCount(): number {
    return this.ranges === undefined ? 0 : this.ranges.count;
  }

  /** True if the next acknowledgment has more to say than a number. */
  get hasSack(): boolean {
    return this.rangeCount > 0 || this.duplicateStart !== this.duplicateEnd;
  }

  /** Whether any part of the segment lies in the window (RFC 9293 section 3.4, the four cases). */
  isAcceptable(seq: number, length: number): boolean {
    const { window } = this;
    const offset = (seq - this.next) | 0;
    if (length === 0) return window === 0 ? offset === 0 : offset >= 0 && offset < window;
    if (window === 0) return false;
    const last = (offset + length - 1) | 0;
    return (offset >= 0 && offset < window) || (last >= 0 && last < window);
  }

  /** True if `seq` lies in the window. */
  isInWindow(seq: number): boolean {
    return !isBefore(seq, this.next) && isBefore(seq, this.edge);
  }

  /** Takes the text of an acceptable segment; what lies outside of the window is cut off. */
  take(segment: Segment): Taken {
    const { next } = this;
    let start = segment.seq;
    let end = (start + segment.payloadLength) | 0;
    if (segment.largestText > this.largest) this.largest = segment.largestText;
    if (isAfter(end, this.edge)) end = this.edge;
    if (this.hasFin && isAfter(end, this.finSeq)) end = this.finSeq;
    if (!isAfter(end, next) || (this.ranges !== undefined && this.ranges.contains(start, end))) {
      this.noteDuplicate(segment.seq, end);
      return Taken.DUPLICATE;
    }
    if (isBefore(start, next)) {
      this.noteDuplicate(start, next);
      start = next;
    }
    const { memory } = this.shared;
    if (this.ring === memory.emptyRing) this.ring = memory.lendRing(0, this.usual);
    const { ring } = this;
    const offset = ring.length + ((start - next) | 0);
    const length = (end - start) | 0;
    if (!ring.reserve(offset + length)) {
      this.rest();
      return Taken.NO_MEMORY;
    }
    const from = segment.payloadAt + ((start - segment.seq) | 0);
    if (start !== next) return this.keep(segment, start, end, offset, from);
    ring.write(offset, segment.bytes, from, length);
    this.advance(end);
    this.unackedBytes += length;
    return Taken.IN_ORDER;
  }

  private keep(segment: Segment, start: number, end: number, offset: number, from: number): Taken {
    const ranges = (this.ranges ??= new ReceivedRanges());
    this.isAckDue = true; // a duplicate ACK (RFC 5681 section 4.2)
    if (!ranges.add(start, end, this.shared.limits.maxOutOfOrderRanges)) return Taken.TOO_MANY_RANGES;
    this.ring.write(offset, segment.bytes, from, (end - start) | 0);
    return Taken.OUT_OF_ORDER;
  }

  /** All up to `end` is there, and with it perhaps more that came before. */
  private advance(end: number): void {
    const { ranges } = this;
    if (ranges !== undefined && ranges.count > 0) {
      this.isAckDue = true; // it fills a gap, or a part of one (RFC 5681 section 4.2)
      end = ranges.advance(end);
      if (ranges.count === 0) this.ranges = undefined;
    }
    this.ring.length += (end - this.next) | 0;
    this.next = end;
  }

  private noteDuplicate(start: number, end: number): void {
    this.isAckDue = true;
    this.duplicateStart = start;
    this.duplicateEnd = end;
  }

  /** The peer says that text up to `end` is urgent; true if that is news (RFC 9293 section 3.8.5, MUST-32). */
  takeUrgent(end: number): boolean {
    if (!isAfter(end, this.urgentEnd ?? this.readSeq)) return false;
    this.urgentEnd = end;
    return true;
  }

  /** Bytes from the next to read to the end of urgent text; 0 if none is left (MUST-33). */
  get urgentLength(): number {
    return this.urgentEnd === undefined ? 0 : Math.max(0, (this.urgentEnd - this.readSeq) | 0);
  }

  /** The sequence number of the next byte to read. */
  private get readSeq(): number {
    return (this.next - this.ring.length - (this.isFinished ? 1 : 0)) | 0;
  }

  /** The FIN at `seq` has come; true if it is its turn. */
  takeFin(seq: number): boolean {
    if (!this.hasFin) {
      this.hasFin = true;
      this.finSeq = seq;
    }
    return this.finish();
  }

  /** Passes over the FIN once all before it is there; true if that is now. */
  finish(): boolean {
    if (!this.hasFin || this.isFinished || this.next !== this.finSeq) return false;
    this.isFinished = true;
    this.next = (this.next + 1) | 0;
    if (isAfter(this.next, this.edge)) this.edge = this.next;
    this.isAckDue = true;
    return true;
  }

  /**
   * The window to advertise, as the header's field: it grows only by a full segment or half of the buffer (RFC 9293
   * section 3.8.6.2.2) and never shrinks (section 3.8.6, SHLD-14).
   */
  advertise(): number {
    const opened = this.openedEdge();
    if (this.isWorthIt(opened)) this.edge = opened;
    const { windowShift } = this;
    const field = Math.min(0xffff, (this.window + (1 << windowShift) - 1) >>> windowShift);
    this.edge = (this.next + (field << windowShift)) | 0;
    return field;
  }

  /** True if the application has taken so much that the peer should hear of it. */
  get isWindowUpdateDue(): boolean {
    return !this.isFinished && this.isWorthIt(this.openedEdge()) && this.window < this.limit >> 1;
  }

  private openedEdge(): number {
    return (this.next + Math.max(0, this.limit - this.ring.length)) | 0;
  }

  private isWorthIt(edge: number): boolean {
    const step = Math.min(this.limit >> 1, Math.max(this.largest, this.shared.limits.minMss));
    return ((edge - this.edge) | 0) >= step;
  }

  /** Writes SACK blocks, duplicates first, and forgets the duplicate; their number. */
  sackBlocks(blocks: Int32Array, limit: number): number {
    let count = 0;
    if (this.duplicateStart !== this.duplicateEnd) {
      blocks[0] = this.duplicateStart;
      blocks[1] = this.duplicateEnd;
      this.duplicateStart = this.duplicateEnd;
      count = 1;
    }
    return this.ranges === undefined ? count : this.ranges.newest(blocks, count, limit);
  }

  /** An acknowledgment has left. */
  acknowledged(): void {
    this.isAckDue = false;
    this.unackedBytes = 0;
  }

  /**
   * The application has taken `length` bytes out of the ring. Who takes more than half of the buffer in a round trip, or
   * all of a burst that filled half of it, gets a buffer of twice what it took, so that the window is never what slows the
   * peer down.
   */
  consumed(length: number, rttUs: number, nowUs: number): void {
    if (this.urgentLength === 0) this.urgentEnd = undefined;
    this.taken += length;
    if (this.ring.length === 0) this.growTo(2 * this.unackedBytes);
    const elapsed = (nowUs - this.roundAtUs) | 0;
    if (elapsed >= 0 && elapsed < rttUs) return;
    if (elapsed > 0) this.growTo(Math.floor((2 * this.taken * rttUs) / elapsed));
    this.taken = 0;
    this.roundAtUs = nowUs | 0;
  }

  private growTo(limit: number): void {
    if (limit > this.limit) this.limit = Math.min(this.shared.limits.maxReceiveBuffer, limit);
  }

  /** Nothing more will come: what waits out of order has waited in vain. */
  close(): void {
    this.ranges = undefined;
    this.rest();
  }

  /** Gives memory back that nothing lies in. */
  trim(): void {
    if (this.ring.length === 0 && this.rangeCount === 0) this.ring.release();
  }

  /** Gives the ring back if there is no need for it now. */
  rest(): void {
    if (this.ring.length === 0 && this.rangeCount === 0) this.closeRing();
  }

  private closeRing(): void {
    const { ring } = this;
    const { memory } = this.shared;
    if (ring === memory.emptyRing) return;
    this.usual = memory.takeBackRing(ring);
    this.ring = memory.emptyRing;
  }

  /** Gives all memory back. */
  release(): void {
    this.closeRing();
    this.ranges = undefined;
  }
}
