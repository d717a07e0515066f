import type { CongestionControl } from '../congestion/congestion-control.js';
import { createCongestionControl, initialWindow } from '../congestion/create.js';
import type { LossRecovery } from '../recovery/loss-recovery.js';
import type { ByteRing, RingMemory } from '../ring-memory.js';
import { RttEstimator } from '../rtt-estimator.js';
import type { Segment } from '../segment.js';
import { isAfter, isBefore } from '../sequence.js';
import type { TcpLimits } from '../tcp-limits.js';

/** What the peer is taken to accept if its SYN says nothing (RFC 9293 section 3.7.1, MUST-15). */
export const DEFAULT_MSS = 536;

/** Who lends loss recovery to senders; see `Lending`. */
export interface RecoveryLender {
  readonly restingRecovery: LossRecovery;
  lendRecovery(): LossRecovery;
  takeBackRecovery(recovery: LossRecovery): void;
}

/** What all senders of a stack share. */
export interface SenderShared {
  readonly limits: TcpLimits;
  readonly memory: RingMemory;
  readonly lending: RecoveryLender;
}

/** The sending half of a connection: the stream from SND.UNA on, windows, recovery (RFC 9293 section 3.3.1). */
export class Sender {
  /** SND.UNA, before our SYN is acknowledged ISS; SND.NXT. */
  una = 0;
  next = 0;
  /** SND.WND, scaled; the largest so far; the segment that it was last taken from (SND.WL1, SND.WL2). */
  window = 0;
  maxWindow = 0;
  windowSeq = 0;
  windowAck = 0;
  /** Shift of the windows that the peer advertises. */
  windowShift = 0;
  /** What the peer accepts, by its SYN. */
  peerMss = DEFAULT_MSS;
  /** Bytes of text in a full segment. */
  mss = DEFAULT_MSS;
  /** Bytes that the stream may hold, at most; follows the congestion window. */
  limit: number;
  /** The application has ended the stream. */
  isEnded = false;
  /** Our FIN was sent. */
  isFinSent = false;
  /** The peer tells by SACK what it has. */
  hasSack = false;
  /** Small segments leave at once (RFC 9293 section 3.7.4, MUST-17). */
  noDelay = false;
  /** When data was sent last, microseconds modulo 2^32. */
  lastSentUs = 0;
  /** Bytes of text acknowledged so far. */
  acknowledgedBytes = 0;
  /** Bytes sent again; segments sent and sent again. */
  resentBytes = 0;
  segmentsResent = 0;
  /** Recoveries that turned out to be for nothing. */
  spuriousRecoveries = 0;
  /** The stream from SND.UNA on; the empty ring that all share if there is nothing. */
  ring: ByteRing;
  readonly rtt: RttEstimator;
  readonly congestion: CongestionControl;
  /** What became of all that is under way; if nothing is, the one that all share. */
  recovery: LossRecovery;
  /** Bytes that the ring needed when there was one; what RACK has learned. */
  private usual = 0;
  private reordering = 0;

  constructor(private readonly shared: SenderShared) {
    const { memory, lending, limits } = shared;
    this.ring = memory.emptyRing;
    this.limit = limits.initialSendBuffer;
    this.rtt = new RttEstimator(limits);
    this.congestion = createCongestionControl(limits, DEFAULT_MSS);
    this.recovery = lending.restingRecovery;
  }

  /** Our SYN has this sequence number. */
  start(iss: number): void {
    this.una = iss;
    this.next = (iss + 1) | 0;
  }

  /** Our SYN was acknowledged: the stream starts. */
  opened(mss: number): void {
    this.una = this.next;
    this.setMss(mss);
    this.congestion.window = initialWindow(this.shared.limits, mss);
  }

  /** A full segment has `mss` bytes of text from now on. */
  setMss(mss: number): void {
    this.mss = mss;
    this.congestion.mss = mss;
  }

  /** Bytes of text that were not sent yet. */
  get unsent(): number {
    return this.isFinSent ? 0 : this.ring.length - ((this.next - this.una) | 0);
  }

  /** Bytes after SND.NXT that the peer's window lets us send; negative if it has shrunk. */
  get usableWindow(): number {
    return (this.una + this.window - this.next) | 0;
  }

  /** True if nothing is under way. */
  get isIdle(): boolean {
    return this.una === this.next;
  }

  /** True if every byte and our FIN were acknowledged. */
  get isFinished(): boolean {
    return this.isFinSent && this.una === this.next;
  }

  /** Bytes that the application may still write. */
  get room(): number {
    return Math.max(0, this.limit - this.ring.length);
  }

  /** Takes SND.WND from an acceptable segment, unless an older one brings it (RFC 9293 section 3.10.7.4); true if it changed. */
  takeWindow(segment: Segment): boolean {
    if (!this.isNewer(segment)) return false;
    const { seq, ack } = segment;
    const before = this.window;
    this.window = segment.window << this.windowShift;
    this.windowSeq = seq;
    this.windowAck = ack;
    if (this.window > this.maxWindow) this.maxWindow = this.window;
    return this.window !== before;
  }

  /**
   * By SND.WL1 and SND.WL2; and what acknowledges new text is newer whatever its number: a window is counted from SND.UNA,
   * so that one kept beside a repeated segment's acknowledgment would reach beyond what the peer allows.
   */
  private isNewer({ seq, ack }: Segment): boolean {
    if (isAfter(ack, this.una) || isAfter(seq, this.windowSeq)) return true;
    return seq === this.windowSeq && !isBefore(ack, this.windowAck);
  }

  /** Bytes up to `una` are acknowledged: takes them out of the stream. */
  acknowledge(una: number): void {
    let length = (una - this.una) | 0;
    this.una = una;
    if (this.isFinSent && una === this.next) length--; // our FIN
    if (length > 0) this.ring.drop(length);
    this.acknowledgedBytes += length;
    if (this.ring.length === 0) this.ring.release();
    // Room for a window that is being sent and one that is being written.
    this.limit = Math.min(this.shared.limits.maxSendBuffer, Math.max(this.limit, 2 * this.congestion.window));
  }

  /** If nothing is under way but a byte that asked for a window: it leaves again with what follows it. True if so. */
  takeProbeBack(): boolean {
    const { board } = this.recovery;
    if (board.outstanding !== 1 || this.isFinSent) return false;
    board.clear();
    this.next = this.una;
    return true;
  }

  /** After a pause of more than a retransmission timeout the window starts anew (RFC 5681 section 4.1). */
  restartAfterIdle(nowUs: number): void {
    const idleUs = (nowUs - this.lastSentUs) | 0;
    if (!this.isIdle || this.lastSentUs === 0 || (idleUs >= 0 && idleUs <= this.rtt.timeoutUs)) return;
    const { congestion } = this;
    congestion.window = Math.min(congestion.window, initialWindow(this.shared.limits, this.mss));
    congestion.restarted(idleUs);
  }

  /** The ring, to be written to. */
  openRing(): ByteRing {
    const { memory } = this.shared;
    if (this.ring === memory.emptyRing) this.ring = memory.lendRing(memory.receiveShare, this.usual);
    return this.ring;
  }

  /** Gives the ring back with its memory. */
  closeRing(): void {
    const { ring } = this;
    const { memory } = this.shared;
    if (ring === memory.emptyRing) return;
    this.usual = memory.takeBackRing(ring);
    this.ring = memory.emptyRing;
  }

  /** Something is about to be sent that is to be acknowledged. */
  wake(): void {
    const { rtt, congestion } = this;
    const { lending } = this.shared;
    if (this.recovery !== lending.restingRecovery) return;
    this.recovery = lending.lendRecovery();
    this.recovery.lend(rtt, congestion, this.hasSack, this.reordering);
  }

  /** Gives back what there is no need for now. */
  rest(): void {
    if (this.ring.length === 0) this.closeRing();
    if (this.isIdle && this.recovery.isAtRest) this.closeRecovery();
  }

  private closeRecovery(): void {
    const { recovery } = this;
    const { lending } = this.shared;
    if (recovery === lending.restingRecovery) return;
    this.reordering = recovery.rack.learned;
    recovery.board.clear();
    this.recovery = lending.restingRecovery;
    lending.takeBackRecovery(recovery);
  }

  /** Gives back all that was lent. */
  release(): void {
    this.closeRing();
    this.closeRecovery();
  }
}
