import { DropReason } from '../link/drop-reason.js';
import * as tcp from '../wire/tcp.js';
import type { AckArrival } from './ack-arrival.js';
import { enterTimeWait, fail } from './closing.js';
import { isSynchronized, mayReceive, TcpEvent, type ControlBlock } from './control-block.js';
import { Ecn } from './ecn.js';
import type { Handshake } from './handshake.js';
import { Taken } from './receive/receiver.js';
import type { Segment } from './segment.js';
import { isAfter, isBefore } from './sequence.js';
import type { Transmission } from './send/transmission.js';
import { TcpCounter } from './tcp-counters.js';
import { TcpState } from './tcp-state.js';

/** What became of a segment: one of these, or the {@link DropReason} of why it came to nothing. */
export const CONSUMED = -1;
export const DELIVERED = -2;

/** Old timestamps prove nothing after so long: 24 days (RFC 7323 section 5.5). */
const PAWS_VALID_MS = 24 * 24 * 3600_000;
/** Congestion experienced (RFC 3168 section 5). */
const ECN_MASK = 3;

/** A segment arrives for a connection: RFC 9293 section 3.10.7, in its order, with RFC 5961 and RFC 7323. */
export class SegmentArrival {
  constructor(
    private readonly handshake: Handshake,
    private readonly acks: AckArrival,
    private readonly transmission: Transmission,
    private readonly refuse: (block: ControlBlock, segment: Segment) => void,
  ) {}

  /** Works on the segment; what became of it. The connection is looked at again when the burst is over. */
  arrive(block: ControlBlock, segment: Segment): number {
    block.shared.touch(block);
    if (block.tcpState === TcpState.SYN_SENT) return this.arriveInSynSent(block, segment);
    if (block.keepAlive !== undefined) block.keepAlive.heard(block.shared.nowUs);
    if (block.tcpState === TcpState.SYN_RECEIVED) passOverSyn(block, segment);
    const isAcceptable = block.receiver.isAcceptable(segment.seq, segment.length);
    if (block.hasTimestamps) {
      const reason = this.checkTimestamp(block, segment);
      if (reason !== CONSUMED) return reason;
    }
    if (!isAcceptable) return this.arriveOutOfWindow(block, segment);
    if (segment.has(tcp.RST)) return this.reset(block, segment);
    if (segment.has(tcp.SYN)) return this.acks.challenge(block, DropReason['tcp.unexpectedSyn']);
    return this.arriveInWindow(block, segment);
  }

  /** From the ACK bit on: fifth to eighth step. */
  private arriveInWindow(block: ControlBlock, segment: Segment): number {
    if (!segment.has(tcp.ACK)) return DropReason['tcp.noAck'];
    if (block.tcpState === TcpState.SYN_RECEIVED) {
      if (segment.ack !== block.sender.next) {
        this.refuse(block, segment);
        return DropReason['tcp.badAck'];
      }
      this.handshake.establish(block, segment);
      block.shared.counters[TcpCounter.connected]++;
    }
    this.noteTimestamp(block, segment);
    const reason = this.acks.arrive(block, segment);
    if (reason !== CONSUMED) return reason;
    if (!isSynchronized(block.tcpState) || block.tcpState === TcpState.TIME_WAIT) return CONSUMED; // it was the last ACK
    return this.takeText(block, segment);
  }

  /** RFC 9293 section 3.10.7.3. */
  private arriveInSynSent(block: ControlBlock, segment: Segment): number {
    const { sender } = block;
    const hasAck = segment.has(tcp.ACK);
    if (hasAck && segment.ack !== sender.next) {
      if (!segment.has(tcp.RST)) this.refuse(block, segment);
      return DropReason['tcp.badAck'];
    }
    if (segment.has(tcp.RST)) {
      if (!hasAck) return DropReason['tcp.badReset'];
      fail(block, 'ECONNREFUSED');
      return CONSUMED;
    }
    if (!segment.has(tcp.SYN)) return DropReason['tcp.noSyn'];
    if (!hasAck) {
      this.handshake.cross(block, segment);
      return CONSUMED;
    }
    this.handshake.agree(block, segment);
    const isMarked = (segment.flags & (tcp.ECE | tcp.CWR)) === tcp.ECE;
    if (block.shared.limits.ecn && isMarked) block.ecn = new Ecn(block.sender.una);
    this.handshake.establish(block, segment);
    block.shared.counters[TcpCounter.connected]++;
    block.receiver.isAckDue = true;
    if (segment.payloadLength === 0 && !segment.has(tcp.FIN)) return CONSUMED;
    segment.seq = (segment.seq + 1) | 0; // the rest of it, after its SYN
    segment.flags &= ~tcp.SYN;
    return this.takeText(block, segment);
  }

  /** PAWS (RFC 7323 section 5.3); CONSUMED: go on. */
  private checkTimestamp(block: ControlBlock, { options, flags }: Segment): number {
    const isReset = (flags & tcp.RST) !== 0;
    if (!options.hasTimestamps) return isReset ? CONSUMED : DropReason['tcp.noTimestamp']; // RFC 7323 section 3.2
    if (isReset || !isBefore(options.tsValue, block.recentTimestamp)) return CONSUMED;
    if (this.isRecentStale(block)) return CONSUMED;
    block.receiver.isAckDue = true;
    return DropReason['tcp.oldTimestamp'];
  }

  /** TS.Recent (RFC 7323 section 4.3). */
  private noteTimestamp(block: ControlBlock, { options, seq }: Segment): void {
    if (!block.hasTimestamps || !options.hasTimestamps || isAfter(seq, block.lastAckSent)) return;
    if (isBefore(options.tsValue, block.recentTimestamp) && !this.isRecentStale(block)) return;
    block.recentTimestamp = options.tsValue;
    block.recentTimestampMs = this.nowMs(block);
  }

  /** True if TS.Recent is so old that it proves nothing. */
  private isRecentStale(block: ControlBlock): boolean {
    const ageMs = (this.nowMs(block) - block.recentTimestampMs) | 0;
    return ageMs < 0 || ageMs > PAWS_VALID_MS;
  }

  private nowMs({ shared }: ControlBlock): number {
    return Math.floor(shared.nowUs / 1000) | 0;
  }

  /** Answered by an ACK (RFC 9293 section 3.10.7.4, first step); what it acknowledges counts if only its text is too much. */
  private arriveOutOfWindow(block: ControlBlock, segment: Segment): number {
    const { receiver } = block;
    if (segment.has(tcp.RST)) return DropReason['tcp.outOfWindow'];
    if (receiver.window === 0 && segment.seq === receiver.next && segment.has(tcp.ACK) && !segment.has(tcp.SYN)) {
      this.acks.arrive(block, segment); // MUST-66
      if (segment.has(tcp.URG)) this.takeUrgent(block, segment);
    }
    if (segment.length === 0) return this.acks.challenge(block, DropReason['tcp.outOfWindow']);
    if (segment.payloadLength > 0 && !isAfter(segment.end, receiver.next)) {
      receiver.duplicateStart = segment.seq;
      receiver.duplicateEnd = segment.end;
    }
    receiver.isAckDue = true;
    return DropReason['tcp.outOfWindow'];
  }

  /** RFC 5961 section 3: only the exact sequence number ends the connection. */
  private reset(block: ControlBlock, segment: Segment): number {
    if (segment.seq !== block.receiver.next) return this.acks.challenge(block, DropReason['tcp.badReset']);
    block.shared.counters[TcpCounter.resetByPeer]++;
    fail(block, block.tcpState === TcpState.SYN_RECEIVED ? 'ECONNREFUSED' : 'ECONNRESET');
    return CONSUMED;
  }

  /** The text, and the FIN after it. */
  private takeText(block: ControlBlock, segment: Segment): number {
    const { receiver } = block;
    if (segment.has(tcp.URG)) this.takeUrgent(block, segment);
    if (block.ecn !== undefined) this.noteMarks(block, block.ecn, segment);
    const hasFin = segment.has(tcp.FIN);
    if (segment.payloadLength === 0 && !hasFin) return CONSUMED;
    if (!mayReceive(block.tcpState)) {
      receiver.isAckDue = true;
      return DropReason['tcp.outOfWindow'];
    }
    if (block.isDetached && segment.payloadLength > 0 && isAfter(segment.end, receiver.next)) {
      this.transmission.reset(block); // nobody reads it (RFC 9293 section 3.6.1, RFC 2525 section 2.17)
      fail(block, 'ECONNRESET');
      return DropReason['tcp.closed'];
    }
    const fate = segment.payloadLength > 0 ? this.keepText(block, segment) : CONSUMED;
    if (hasFin && fate < 0) this.takeFin(block, segment);
    else if (receiver.finish()) this.peerEnded(block);
    return fate;
  }

  /** Where urgent text ends: the pointer counts from this segment on, and shows what comes after it (MUST-62). */
  private takeUrgent(block: ControlBlock, segment: Segment): void {
    block.shared.counters[TcpCounter.urgent]++;
    if (block.receiver.takeUrgent((segment.seq + segment.urgentPointer) | 0)) block.notify(TcpEvent.URGENT);
  }

  private keepText(block: ControlBlock, segment: Segment): number {
    switch (block.receiver.take(segment)) {
      case Taken.IN_ORDER:
        block.notify(TcpEvent.READABLE);
        return DELIVERED;
      case Taken.OUT_OF_ORDER:
        return DELIVERED;
      case Taken.DUPLICATE:
        return DropReason['tcp.duplicate'];
      case Taken.NO_MEMORY:
        return DropReason['tcp.noMemory'];
      case Taken.TOO_MANY_RANGES:
        return DropReason['tcp.tooManyRanges'];
    }
  }

  private takeFin(block: ControlBlock, segment: Segment): void {
    const finSeq = (segment.end - 1) | 0;
    if (!block.receiver.isInWindow(finSeq)) return; // cut off with the text before it
    if (block.receiver.takeFin(finSeq)) this.peerEnded(block);
    else block.receiver.isAckDue = true;
  }

  /** The peer's FIN is in order (RFC 9293 section 3.10.7.4, eighth step). */
  private peerEnded(block: ControlBlock): void {
    block.notify(TcpEvent.READABLE);
    switch (block.tcpState) {
      case TcpState.ESTABLISHED:
        block.tcpState = TcpState.CLOSE_WAIT;
        return;
      case TcpState.FIN_WAIT_1:
        block.tcpState = TcpState.CLOSING;
        return;
      case TcpState.FIN_WAIT_2:
        return enterTimeWait(block); // the acknowledgment leaves when the burst is over
      default:
    }
  }

  /** A congestion mark is echoed until the peer says that it has reduced its window (RFC 3168 section 6.1.3). */
  private noteMarks(block: ControlBlock, ecn: Ecn, segment: Segment): void {
    if (segment.has(tcp.CWR)) ecn.isEchoing = false;
    if ((segment.tos & ECN_MASK) !== ECN_MASK) return;
    block.shared.counters[TcpCounter.congestionMarks]++;
    ecn.isEchoing = true;
    block.receiver.isAckDue = true;
  }
}

/** The SYN-ACK of a peer that has opened at the same time repeats its SYN: what counts is what comes after it. */
function passOverSyn({ receiver, sender }: ControlBlock, segment: Segment): void {
  if (!segment.has(tcp.SYN) || !segment.has(tcp.ACK)) return;
  if (((segment.seq + 1) | 0) !== receiver.next || segment.ack !== sender.next) return;
  segment.seq = receiver.next;
  segment.flags &= ~tcp.SYN;
  receiver.isAckDue = true;
}
