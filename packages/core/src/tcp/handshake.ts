import type { NetworkLayer } from '../network/network-layer.js';
import * as tcp from '../wire/tcp.js';
import type { SynOffer } from '../wire/tcp-options.js';
import { MAX_WINDOW_SHIFT } from '../wire/tcp-options.js';
import { fail } from './closing.js';
import { isSynchronized, TcpEvent, type ControlBlock } from './control-block.js';
import { TimerPurpose } from './deadlines.js';
import { Ecn } from './ecn.js';
import type { HalfOpen } from './listen/half-open.js';
import { deadlinesOf, schedule } from './schedule.js';
import type { Segment } from './segment.js';
import type { SegmentWriter } from './send/segment-writer.js';
import { segmentSize, timestamp } from './send/transmission.js';
import { DEFAULT_MSS } from './send/sender.js';
import { TcpCounter } from './tcp-counters.js';
import type { TcpLimits } from './tcp-limits.js';
import { TcpState } from './tcp-state.js';

/** The shift with which the largest receive buffer can be advertised (RFC 7323 section 2.2). */
export function windowShiftFor(limits: TcpLimits): number {
  let shift = 0;
  while (shift < MAX_WINDOW_SHIFT && limits.maxReceiveBuffer / 2 ** shift > 0xffff) shift++;
  return shift;
}

/** The window of a SYN, which is never scaled. */
export function synWindow(limits: TcpLimits): number {
  return Math.min(limits.initialReceiveBuffer, 0xffff);
}

/** Opening a connection: SYN, its retransmission, what the handshake agrees on. */
export class Handshake {
  constructor(
    private readonly network: NetworkLayer,
    private readonly writer: SegmentWriter,
  ) {}

  /** Sends the first SYN; the block has ports and a sender that was started. @param timeoutUs see `Tcp.connect` */
  open(block: ControlBlock, timeoutUs: number): void {
    const { shared } = block;
    const deadlines = deadlinesOf(block);
    block.tcpState = TcpState.SYN_SENT;
    deadlines.connectEndUs = shared.nowUs + Math.min(shared.limits.connectTimeoutMs * 1000, timeoutUs);
    this.sendSyn(block);
  }

  /** What we offer in a SYN of our own, or in answer to one. */
  private offerOf(block: ControlBlock): SynOffer {
    const { limits } = block.shared;
    const mss = block.path.mtu - this.network.headerLength - tcp.HEADER_LENGTH;
    if (block.tcpState === TcpState.SYN_SENT) {
      const windowShift = limits.windowScaling ? windowShiftFor(limits) : -1;
      return { mss, isSackPermitted: limits.sack, hasTimestamps: limits.timestamps, windowShift };
    }
    return {
      mss,
      isSackPermitted: block.sender.hasSack,
      hasTimestamps: block.hasTimestamps,
      windowShift: block.receiver.isScaled ? block.receiver.windowShift : -1,
    };
  }

  /** Sends the SYN, or once the peer's has come the SYN-ACK, and sets the timer for the next one. */
  private sendSyn(block: ControlBlock): void {
    const { sender, receiver, path, localPort, remotePort, shared } = block;
    const isAnswer = block.tcpState === TcpState.SYN_RECEIVED;
    let flags = isAnswer ? tcp.SYN | tcp.ACK : tcp.SYN;
    if (!isAnswer && shared.limits.ecn && sender.rtt.backoffs === 0) flags |= tcp.ECE | tcp.CWR;
    const offer = this.offerOf(block);
    const window = synWindow(shared.limits);
    const stamp = timestamp(block);
    const deadlines = deadlinesOf(block);
    deadlines.isSynDue = false;
    if (this.network.revalidate(path) === undefined) {
      const isSent = this.writer.syn(
        path,
        localPort,
        remotePort,
        sender.una,
        isAnswer ? receiver.next : 0,
        flags,
        window,
        offer,
        stamp,
        block.recentTimestamp,
        block.hopLimit,
        block.typeOfService,
      );
      if (!isSent) this.waitForRoom(block);
    }
    sender.lastSentUs = shared.nowUs | 0;
    deadlines.purpose = TimerPurpose.RETRANSMIT;
    deadlines.retransmitAtUs = shared.nowUs + sender.rtt.timeoutUs;
    schedule(block);
  }

  /** Of many that connect at once some find no room: they need not wait for the timer. */
  private waitForRoom(block: ControlBlock): void {
    deadlinesOf(block).isSynDue = true;
    if (block.isAwaitingRoom) return;
    block.isAwaitingRoom = true;
    block.path.link!.io.waitForRoom(block);
  }

  /** There may be room now for a SYN that found none. */
  resume(block: ControlBlock): void {
    if (!isSynchronized(block.tcpState) && block.tcpState !== TcpState.CLOSED) this.sendSyn(block);
  }

  /** No answer to our SYN: it is sent again, for as long as connecting may take. */
  timedOut(block: ControlBlock): void {
    const { shared, sender, deadlines } = block;
    if (shared.nowUs >= deadlines.connectEndUs) {
      shared.counters[TcpCounter.timedOut]++;
      return fail(block, block.softError ?? 'ETIMEDOUT');
    }
    sender.rtt.backOff();
    this.sendSyn(block);
    deadlines.retransmitAtUs = Math.min(deadlines.retransmitAtUs, deadlines.connectEndUs);
    schedule(block);
  }

  /** The peer's SYN without an acknowledgment of ours: both have opened at once (RFC 9293 section 3.5, figure 7). */
  cross(block: ControlBlock, segment: Segment): void {
    this.agree(block, segment);
    block.tcpState = TcpState.SYN_RECEIVED;
    this.sendSyn(block);
  }

  /**
   * Gives a new connection what its half-open one has agreed on.
   *
   * @param isOnce the SYN-ACK was sent once, and when is known: the round trip can be measured
   */
  takeOver(block: ControlBlock, halfOpen: HalfOpen, isOnce: boolean): void {
    block.localPort = halfOpen.localPort;
    block.remotePort = halfOpen.remotePort;
    block.timestampOffset = halfOpen.timestampOffset;
    if (halfOpen.hasEcn) block.ecn = new Ecn(halfOpen.iss);
    const { sender } = block;
    sender.start(halfOpen.iss);
    agreeOn(
      block,
      halfOpen.irs,
      halfOpen.peerMss,
      halfOpen.peerWindowShift,
      halfOpen.isSackPermitted,
      halfOpen.hasTimestamps,
      halfOpen.recentTimestamp,
    );
    sender.lastSentUs = Math.floor(halfOpen.sentAtUs) | 0;
    if (!isOnce) sender.rtt.backOff(); // no round trip to learn from
  }

  /** Takes what the peer's SYN says: its initial sequence number, its window, the options that both know. */
  agree(block: ControlBlock, segment: Segment): void {
    const { options } = segment;
    const { limits } = block.shared;
    const hasScale = limits.windowScaling && options.windowShift >= 0;
    agreeOn(
      block,
      segment.seq,
      options.mss,
      hasScale ? options.windowShift : -1,
      limits.sack && options.isSackPermitted,
      limits.timestamps && options.hasTimestamps,
      options.tsValue,
    );
    block.sender.window = segment.window; // that of a SYN is not scaled
    block.sender.maxWindow = segment.window;
    block.sender.windowSeq = segment.seq;
    block.sender.windowAck = segment.ack;
  }

  /** Our SYN is acknowledged by `segment`: text may flow. */
  establish(block: ControlBlock, segment: Segment): void {
    const { sender, shared } = block;
    const isOnce = sender.rtt.backoffs === 0;
    if (isOnce) sender.rtt.sample((shared.nowUs - sender.lastSentUs) | 0, shared.nowUs);
    else sender.rtt.relax();
    block.tcpState = sender.isEnded ? TcpState.FIN_WAIT_1 : TcpState.ESTABLISHED;
    sender.opened(segmentSize(block, this.network.headerLength));
    // A SYN that had to be sent again: one segment to start with (RFC 5681 section 3.1).
    if (!isOnce) sender.congestion.window = sender.mss;
    sender.windowSeq = segment.seq;
    sender.windowAck = segment.ack;
    const { deadlines } = block;
    deadlines.retransmitAtUs = Infinity;
    deadlines.purpose = TimerPurpose.NONE;
    block.softError = undefined;
    block.notify(TcpEvent.CONNECT);
  }
}

/** Sets what the handshake has agreed on, whoever began it. */
function agreeOn(
  block: ControlBlock,
  irs: number,
  mss: number,
  windowShift: number,
  hasSack: boolean,
  hasTimestamps: boolean,
  tsValue: number,
): void {
  const { sender, receiver, shared } = block;
  const { limits } = shared;
  receiver.start(irs, synWindow(limits));
  sender.peerMss = mss >= 0 ? mss : DEFAULT_MSS;
  receiver.isScaled = windowShift >= 0;
  if (windowShift >= 0) {
    sender.windowShift = windowShift;
    receiver.windowShift = windowShiftFor(limits);
  }
  sender.hasSack = hasSack;
  block.hasTimestamps = hasTimestamps;
  if (hasTimestamps) {
    block.recentTimestamp = tsValue;
    block.recentTimestampMs = Math.floor(shared.nowUs / 1000) | 0;
  }
  block.lastAckSent = receiver.next;
}
