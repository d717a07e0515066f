import { DropReason } from '../link/drop-reason.js';
import * as tcp from '../wire/tcp.js';
import { enterTimeWait, finish } from './closing.js';
import { TcpEvent, type ControlBlock } from './control-block.js';
import { deadlinesOf } from './schedule.js';
import type { Ecn } from './ecn.js';
import type { Acknowledgment } from './recovery/acknowledgment.js';
import { RecoveryPhase } from './recovery/loss-recovery.js';
import type { Segment } from './segment.js';
import { isAfter, isBefore } from './sequence.js';
import { easeMtuDoubt } from './send/black-holes.js';
import { timestamp } from './send/transmission.js';
import { TcpCounter } from './tcp-counters.js';
import { TcpState } from './tcp-state.js';

const CONSUMED = -1;
/** A writer is told once a third of its buffer is free: not for every segment. */
const WRITABLE_SHARE = 3;

/** The ACK field of an arriving segment (RFC 9293 section 3.10.7.4, fifth step; RFC 5961 section 5). */
export class AckArrival {
  private readonly ack: Acknowledgment = {
    before: 0,
    una: 0,
    next: 0,
    blocks: new Int32Array(0),
    blockCount: 0,
    isDuplicate: false,
    echoUs: 0,
    echo: 0,
    hasEcho: false,
    nowUs: 0,
  };

  /** CONSUMED: go on with the segment's text; else why it came to nothing. */
  arrive(block: ControlBlock, segment: Segment): number {
    const { sender } = block;
    const { ack } = segment;
    if (isAfter(ack, sender.next)) return this.challenge(block, DropReason['tcp.badAck']);
    if (isBefore(ack, (sender.una - sender.maxWindow) | 0)) return this.challenge(block, DropReason['tcp.badAck']);
    const wasClosed = sender.window === 0;
    const hasNewWindow = !isBefore(ack, sender.una) && sender.takeWindow(segment);
    if (wasClosed) this.windowAnswered(block);
    if (isBefore(ack, sender.una)) return CONSUMED; // an old one: the text may be new
    const advanced = ack !== sender.una;
    if (advanced || (!sender.isIdle && segment.payloadLength === 0)) this.recover(block, segment, hasNewWindow);
    if (advanced) {
      block.deadlines.silentSinceUs = Infinity;
      block.softError = undefined;
      if (block.mtuDoubt !== undefined) easeMtuDoubt(block, block.mtuDoubt, ack);
      sender.acknowledge(ack);
      this.tellWriter(block);
    }
    if (sender.isFinished) this.finAcknowledged(block);
    return CONSUMED;
  }

  /** A zero window is no failure as long as the peer answers (RFC 9293 section 3.8.6.1, MUST-37). */
  private windowAnswered(block: ControlBlock): void {
    const { sender } = block;
    block.deadlines.silentSinceUs = Infinity;
    if (sender.window === 0) return;
    sender.rtt.relax();
    deadlinesOf(block).isStale = true;
    if (!sender.isIdle && !sender.takeProbeBack()) sender.recovery.board.markAllLost();
  }

  private recover(block: ControlBlock, segment: Segment, hasNewWindow: boolean): void {
    const { ack } = this;
    const { sender, shared } = block;
    const { options } = segment;
    const { recovery } = sender;
    ack.before = sender.una;
    ack.una = segment.ack;
    ack.next = sender.next;
    ack.blocks = options.blocks;
    ack.blockCount = options.blockCount;
    ack.isDuplicate = segment.ack === sender.una && segment.length === 0 && !hasNewWindow;
    ack.hasEcho = block.hasTimestamps && options.hasTimestamps;
    ack.echo = options.tsEcho;
    ack.echoUs = ack.hasEcho && options.tsEcho !== 0 ? ((timestamp(block) - options.tsEcho) | 0) * 1000 : 0;
    ack.nowUs = shared.nowUs;
    const { phase, spurious } = recovery;
    const flight = recovery.inFlight;
    recovery.acknowledged(ack);
    if (ack.una !== ack.before || recovery.reorderingWaitUs > 0) deadlinesOf(block).isStale = true;
    if (phase !== RecoveryPhase.RECOVERY && recovery.phase === RecoveryPhase.RECOVERY) {
      shared.counters[TcpCounter.recoveries]++;
      if (block.ecn !== undefined) block.ecn.isReductionDue = true;
    }
    sender.spuriousRecoveries += recovery.spurious - spurious;
    shared.counters[TcpCounter.spuriousRecoveries] += recovery.spurious - spurious;
    if (block.ecn !== undefined && segment.has(tcp.ECE)) this.echoed(block, block.ecn, flight);
  }

  /** The peer echoes a congestion mark: one reduction a window (RFC 3168 section 6.1.2). */
  private echoed({ sender, shared }: ControlBlock, ecn: Ecn, flight: number): void {
    if (isBefore(sender.una, ecn.reducedTo)) return;
    ecn.reducedTo = sender.next;
    ecn.isReductionDue = true;
    sender.recovery.reduce(flight, { next: sender.next, nowUs: shared.nowUs });
  }

  private tellWriter(block: ControlBlock): void {
    const { sender } = block;
    if (block.isWriteBlocked && sender.room * WRITABLE_SHARE >= sender.limit) {
      block.isWriteBlocked = false;
      block.notify(TcpEvent.WRITABLE);
    }
  }

  /** Our FIN is acknowledged. */
  private finAcknowledged(block: ControlBlock): void {
    switch (block.tcpState) {
      case TcpState.FIN_WAIT_1:
        block.tcpState = TcpState.FIN_WAIT_2;
        if (block.isDetached) deadlinesOf(block).aliveAtUs = block.shared.nowUs + block.shared.limits.finWaitMs * 1000;
        return;
      case TcpState.CLOSING:
        return enterTimeWait(block);
      case TcpState.LAST_ACK:
        return finish(block);
      default:
    }
  }

  /** A challenge ACK, if the connection has not had enough of them this second (RFC 5961 section 7; never shared). */
  challenge(block: ControlBlock, reason: DropReason): DropReason {
    const { shared } = block;
    const second = Math.floor(shared.nowUs / 1e6) | 0;
    if (block.challengeSecond !== second) {
      block.challengeSecond = second;
      block.challenges = 0;
    }
    if (block.challenges >= shared.limits.challengeAcksPerSecond) {
      shared.counters[TcpCounter.challengeAcksLimited]++;
      return reason;
    }
    block.challenges++;
    shared.counters[TcpCounter.challengeAcks]++;
    block.receiver.isAckDue = true;
    return reason;
  }
}
