import type { CongestionControl } from '../congestion/congestion-control.js';
import type { RttEstimator } from '../rtt-estimator.js';
import { isAfter, isBefore } from '../sequence.js';
import type { Acknowledgment } from './acknowledgment.js';
import { DuplicateAcks } from './duplicate-acks.js';
import { ForwardRto } from './forward-rto.js';
import { ProportionalRate } from './proportional-rate.js';
import { Rack } from './rack.js';
import { Scoreboard } from './scoreboard.js';
import { SACKED } from './sent-segments.js';
import { TailLossProbe } from './tail-loss-probe.js';

/** Whether lost data is being repaired. */
export enum RecoveryPhase {
  /** All is well. */
  OPEN,
  /** Losses were found by acknowledgments (fast recovery, RFC 6675, RFC 6582). */
  RECOVERY,
  /** The retransmission timer has expired (RFC 5681 section 3.1). */
  LOSS,
}

/**
 * Finds losses and decides how fast they are repaired: RACK-TLP, or duplicate ACKs where the peer knows no SACK. It is
 * lent to a sender as long as something is under way.
 */
export class LossRecovery {
  phase = RecoveryPhase.OPEN;
  readonly rack = new Rack();
  readonly board = new Scoreboard(this.rack);
  readonly probe = new TailLossProbe();
  readonly rate = new ProportionalRate();
  readonly forward = new ForwardRto();
  /** The congestion window is what limits the sender. */
  isLimited = false;
  /** When RACK looks again, microseconds from the last acknowledgment; 0: not at all. */
  reorderingWaitUs = 0;
  /** Retransmission timeouts in a row. */
  timeouts = 0;
  /** Recoveries that turned out to be for nothing, since it was lent. */
  spurious = 0;
  /** The peer tells by SACK what it has. */
  private hasSack = false;
  /** Without SACK. */
  private readonly duplicates = new DuplicateAcks();
  /** Recovery ends when this is acknowledged. */
  private recoverTo = 0;
  /** For taking a reduction back; {@link stampOfResent} is the timestamp of the first retransmission. */
  private canUndo = false;
  private hasStamp = false;
  private stampOfResent = 0;
  private priorWindow = 0;
  private priorThreshold = 0;
  private rtt!: RttEstimator;
  private congestion!: CongestionControl;

  /** Is lent to a sender that has nothing under way yet. @param reordering what {@link Rack.learned} said last */
  lend(rtt: RttEstimator, congestion: CongestionControl, hasSack: boolean, reordering: number): void {
    this.rtt = rtt;
    this.congestion = congestion;
    this.hasSack = hasSack;
    this.phase = RecoveryPhase.OPEN;
    this.board.clear();
    this.probe.lend(rtt);
    this.rack.lend(rtt, reordering);
    this.rate.begin(0);
    this.forward.end();
    this.isLimited = false;
    this.reorderingWaitUs = 0;
    this.timeouts = 0;
    this.spurious = 0;
    this.duplicates.clear();
    this.canUndo = false;
  }

  /** True if nothing is under way, and nothing that was has still to be judged. */
  get isAtRest(): boolean {
    return this.board.outstanding === 0 && this.phase === RecoveryPhase.OPEN && !this.probe.isOut;
  }

  /** Bytes that are held to be in the network. */
  get inFlight(): number {
    return Math.max(0, this.board.inFlight - this.duplicates.presumed);
  }

  /** Works through an acceptable acknowledgment. */
  acknowledged(ack: Acknowledgment): void {
    const { board, congestion } = this;
    const { una, before, nowUs } = ack;
    const flight = this.inFlight;
    const acked = (una - before) | 0;
    board.begin();
    this.rack.begin(nowUs);
    board.acknowledge(una);
    const hasDuplicate = this.takeBlocks(ack);
    const rttUs = this.takeRoundTrip(ack);
    if (acked > 0) this.timeouts = 0;
    let delivered = board.delivered;
    if (!this.hasSack) delivered = this.presume(ack, acked);
    if (this.probe.acknowledged(una, hasDuplicate, ack.isDuplicate && ack.blockCount === 0)) this.reduce(flight, ack);
    if (this.forward.isTesting) this.judgeTimeout(acked);
    else if (this.canUndo) this.lookForSpurious(ack, acked);
    if (this.phase !== RecoveryPhase.OPEN && !isBefore(una, this.recoverTo)) this.leave();
    const lostBefore = board.lostBytes;
    this.detect(ack, acked);
    const isSafe = acked > 0 && board.lostBytes <= lostBefore;
    if (this.phase === RecoveryPhase.OPEN && board.lostBytes > 0) this.begin(ack.next, flight + board.lostBytes, nowUs);
    if (this.phase === RecoveryPhase.RECOVERY) {
      congestion.window = this.rate.window(delivered, this.inFlight, congestion.threshold, congestion.mss, isSafe);
    } else if (acked > 0 && this.mayGrow(flight)) {
      congestion.acknowledged(acked, rttUs, una, ack.next, nowUs);
    }
    if (this.forward.isTesting) congestion.window = this.inFlight + 2 * congestion.mss;
    this.isLimited = false;
  }

  /** A window that was not used tells nothing about the network (RFC 7661): it grows only where it is what limits. */
  private mayGrow(flight: number): boolean {
    const { window, threshold } = this.congestion;
    return this.isLimited || (window < threshold && 2 * flight >= window);
  }

  /** Takes in the SACK blocks; true if one tells of a duplicate (RFC 2883). */
  private takeBlocks({ blocks, blockCount, una, next }: Acknowledgment): boolean {
    if (!this.hasSack) return false;
    let hasDuplicate = false;
    for (let i = 0; i < blockCount; i++) {
      const start = blocks[2 * i];
      const end = blocks[2 * i + 1];
      if (!isBefore(start, end) || isAfter(end, next)) continue; // nothing that we have sent
      const isInside = i === 0 && blockCount > 1 && !isBefore(start, blocks[2]) && !isAfter(end, blocks[3]);
      if (i === 0 && (isBefore(start, una) || isInside)) hasDuplicate = true;
      else if (!isBefore(start, una)) this.board.sack(start, end);
    }
    if (hasDuplicate) this.rack.duplicated(una, next);
    return hasDuplicate;
  }

  /** The round trip that the acknowledgment shows, microseconds; 0 if it shows none (Karn's algorithm). */
  private takeRoundTrip({ echoUs, nowUs, una, before }: Acknowledgment): number {
    const { board } = this;
    let rttUs = 0;
    if (board.hasSample && !board.isAmbiguous) rttUs = (nowUs - board.sampleUs) | 0;
    else if (echoUs > 0 && una !== before) rttUs = echoUs;
    if (rttUs > 0) this.rtt.sample(rttUs, nowUs);
    return rttUs;
  }

  /** Without SACK: bytes of which this acknowledgment is the first to show that they have arrived. */
  private presume({ isDuplicate }: Acknowledgment, acked: number): number {
    const { mss } = this.congestion;
    if (isDuplicate) {
      this.duplicates.add(mss, this.board.outstanding);
      return mss;
    }
    if (acked === 0) return 0;
    return this.duplicates.acknowledged(acked, mss, this.phase === RecoveryPhase.RECOVERY);
  }

  /** Marks what is lost. */
  private detect(ack: Acknowledgment, acked: number): void {
    const { board } = this;
    this.reorderingWaitUs = 0;
    if (this.forward.isTesting) return;
    if (board.outstanding === 0) {
      this.rack.settled();
      return;
    }
    if (this.hasSack) {
      const isRecovering = this.phase !== RecoveryPhase.OPEN;
      this.reorderingWaitUs = this.rack.detect(board, isRecovering, this.congestion.mss, ack.nowUs);
    } else if (this.phase === RecoveryPhase.OPEN) {
      // After a timeout, duplicates of what was sent before it mean nothing (RFC 6582 section 3.2, step 1).
      if (this.duplicates.meanLoss) this.loseFirst();
    } else if (this.phase === RecoveryPhase.RECOVERY && acked > 0) {
      this.loseFirst(); // a partial acknowledgment (RFC 6582 section 3.2, step 5)
    }
  }

  private loseFirst(): void {
    this.board.cutFirst(this.congestion.mss);
    this.board.markLost(0);
  }

  /** RACK's timer: what has not come by now is lost. */
  reorderingTimedOut(next: number, nowUs: number): void {
    const { board, congestion } = this;
    const flight = this.inFlight;
    this.rack.begin(nowUs);
    this.reorderingWaitUs = this.rack.detect(board, this.phase !== RecoveryPhase.OPEN, congestion.mss, nowUs);
    if (this.phase !== RecoveryPhase.OPEN || board.lostBytes === 0) return;
    this.begin(next, flight, nowUs);
    congestion.window = this.rate.window(0, this.inFlight, congestion.threshold, congestion.mss, false);
  }

  private begin(next: number, flight: number, nowUs: number): void {
    this.remember();
    this.phase = RecoveryPhase.RECOVERY;
    this.recoverTo = next;
    this.congestion.congested(flight, nowUs);
    this.rate.begin(flight);
    this.probe.clear();
  }

  /** Notes what a reduction may be taken back to. */
  private remember(): void {
    this.canUndo = true;
    this.hasStamp = false;
    this.priorWindow = this.congestion.window;
    this.priorThreshold = this.congestion.threshold;
  }

  private leave(): void {
    const { congestion } = this;
    if (this.phase === RecoveryPhase.RECOVERY) congestion.window = congestion.threshold;
    this.phase = RecoveryPhase.OPEN;
    this.duplicates.clear();
    this.canUndo = false;
    this.rack.recovered();
  }

  /** Something was sent again, with this timestamp if there are any. */
  resent(length: number, stamp: number): void {
    this.rate.sent(length);
    if (this.hasStamp) return;
    this.hasStamp = true;
    this.stampOfResent = stamp;
  }

  /** Eifel (RFC 3522): an acknowledgment that echoes an earlier timestamp than that of the retransmission is of the original. */
  private lookForSpurious({ hasEcho, echo, una, next, isDuplicate }: Acknowledgment, acked: number): void {
    if (acked === 0 && !(isDuplicate && !hasEcho && this.phase === RecoveryPhase.LOSS)) return;
    this.canUndo = false;
    if (hasEcho) {
      if (this.hasStamp && isBefore(echo, this.stampOfResent)) this.undo();
    } else if (this.phase === RecoveryPhase.LOSS && acked > 0 && isBefore(una, this.recoverTo)) {
      this.forward.begin(next);
      this.board.unmarkLost();
    }
  }

  /** The acknowledgment after the new segments of F-RTO (RFC 5682 section 2.1, step 3). */
  private judgeTimeout(acked: number): void {
    if (acked > 0) return this.undo();
    this.repairTimeout();
    this.congestion.window = 3 * this.congestion.mss;
  }

  /** The timeout was none for nothing, as far as we know: what was sent before it is lost. */
  repairTimeout(): void {
    this.forward.end();
    this.congestion.window = 2 * this.congestion.mss;
    this.board.markLostBefore(this.recoverTo);
  }

  /** RFC 4015: back to what was before. */
  private undo(): void {
    this.forward.end();
    const { congestion } = this;
    congestion.window = Math.max(congestion.window, this.priorWindow);
    congestion.threshold = this.priorThreshold;
    congestion.undone();
    this.board.unmarkLost();
    this.rack.hasReordering = true;
    this.spurious++;
    this.phase = RecoveryPhase.OPEN;
  }

  /** The retransmission timer has expired (RFC 6298 section 5, RFC 8985 section 6.3). */
  timedOut(next: number, nowUs: number): void {
    const { board, congestion } = this;
    if (this.timeouts++ === 0) {
      if (this.phase !== RecoveryPhase.LOSS) this.remember();
      congestion.timedOut(board.outstanding, nowUs);
    }
    this.phase = RecoveryPhase.LOSS;
    this.forward.end();
    this.recoverTo = next;
    this.duplicates.clear();
    this.probe.clear();
    if (board.segments.count > 0 && this.isReneged()) board.forgetSacks();
    if (this.hasSack && this.timeouts === 1) this.rack.timedOut(board, congestion.mss, nowUs);
    else board.markAllLost();
  }

  /** The first segment stands as received although it was never acknowledged: the peer has thrown it away. */
  private isReneged(): boolean {
    return (this.board.segments.flags(0) & SACKED) !== 0;
  }

  /** A loss that a probe has repaired, or a congestion mark: one reduction, nothing to send again. */
  reduce(flight: number, { next, nowUs }: Pick<Acknowledgment, 'next' | 'nowUs'>): void {
    if (this.phase !== RecoveryPhase.OPEN) return;
    const { congestion } = this;
    congestion.congested(flight, nowUs);
    congestion.window = Math.max(congestion.threshold, congestion.mss);
    this.recoverTo = next;
  }
}
