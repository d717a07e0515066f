import type { Packet } from '../../link/packet.js';
import type { NetworkLayer } from '../../network/network-layer.js';
import * as tcp from '../../wire/tcp.js';
import * as tcpOptions from '../../wire/tcp-options.js';
import { isSynchronized, maySend, type ControlBlock } from '../control-block.js';
import { HOLDS_FIN } from '../recovery/sent-segments.js';
import { TcpCounter } from '../tcp-counters.js';
import { armRetransmission, deadlinesOf, schedule } from '../schedule.js';
import { mustWait, pieceOf, spend } from './pacing.js';
import type { SegmentWriter } from './segment-writer.js';

/** ECN-capable transport, ECT(0) (RFC 3168 section 5). */
const ECT_0 = 2;
/** Blocks of a SACK option beside timestamps. */
const MAX_BLOCKS = 3;
/** Segments that a device makes of one at most: DPDK's net_tap refuses more. */
const MAX_PIECES = 64;

/** Decides what a connection sends, and sends it (RFC 9293 section 3.8). */
export class Transmission {
  private readonly blocks = new Int32Array(8);

  constructor(
    private readonly network: NetworkLayer,
    private readonly writer: SegmentWriter,
  ) {}

  /** Sends all that may be sent now: what was lost, new text, an acknowledgment; arms the timers. */
  transmit(block: ControlBlock): void {
    if (isSynchronized(block.tcpState) && this.isReady(block)) {
      if (block.sender.unsent > 0) block.sender.restartAfterIdle(block.shared.nowUs);
      this.sendAll(block);
      const { recovery, next } = block.sender;
      if (recovery.forward.isVain(next)) {
        recovery.repairTimeout();
        this.sendAll(block);
      }
      this.acknowledgeIfDue(block);
    }
    armRetransmission(block);
    schedule(block);
  }

  private sendAll(block: ControlBlock): void {
    while (this.hasRoom(block) && !mustWait(block) && (this.resendNext(block) || this.sendNext(block)));
  }

  /** Makes sure of the path, and follows its MTU; false if there is none now. */
  isReady(block: ControlBlock): boolean {
    const error = this.network.revalidate(block.path);
    if (error !== undefined) {
      block.soften(error);
      return false;
    }
    const { sender } = block;
    const mss = segmentSize(block, this.network.headerLength);
    if (mss !== sender.mss) sender.setMss(mss);
    return true;
  }

  /** The path carries less than was thought: what is too long for it is cut up and sent again (RFC 1191 section 6.5). */
  shrink(block: ControlBlock): void {
    if (!isSynchronized(block.tcpState) || !this.isReady(block)) return;
    const { recovery, mss } = block.sender;
    const { segments } = recovery.board;
    for (let i = 0; i < segments.count; i++) if (segments.length(i) > mss) recovery.board.markLost(i);
  }

  /** True if a segment can leave; else the connection is looked at again once there is room. */
  private hasRoom(block: ControlBlock): boolean {
    if (this.writer.hasRoom(block.path)) return true;
    if (!block.isAwaitingRoom) {
      block.isAwaitingRoom = true;
      block.path.link!.io.waitForRoom(block);
    }
    return false;
  }

  /** Sends the first lost segment again; false if there is none, or it must wait. */
  private resendNext(block: ControlBlock): boolean {
    const { sender } = block;
    const { recovery, congestion } = sender;
    const { board } = recovery;
    const index = board.nextLost();
    if (index < 0) return false;
    const { segments } = board;
    const length = Math.min(segments.length(index), sender.mss);
    const { inFlight } = recovery;
    if (inFlight > 0 && inFlight + length > congestion.window) return false;
    const offset = (segments.start(index) - sender.una) | 0;
    if (offset >= sender.window) return false; // the window has shrunk: a probe will find out
    this.resend(block, index);
    return true;
  }

  /** Sends segment `index` of the scoreboard again, cut to the present MSS. */
  resend(block: ControlBlock, index: number): void {
    const { sender, shared } = block;
    const { board } = sender.recovery;
    const { segments } = board;
    const start = segments.start(index);
    let textLength = segments.textLength(index);
    if (textLength > sender.mss) {
      segments.split(index, (start + sender.mss) | 0);
      textLength = sender.mss;
    }
    const fin = (segments.flags(index) & HOLDS_FIN) !== 0 ? tcp.FIN : 0;
    this.emit(block, start, textLength, tcp.ACK | (textLength > 0 ? tcp.PSH : 0) | fin, true);
    board.resent(index, shared.nowUs);
    sender.recovery.resent(segments.length(index), timestamp(block));
    sender.resentBytes += textLength;
    sender.segmentsResent++;
    shared.counters[TcpCounter.segmentsResent]++;
  }

  /** Sends one segment of new text, with our FIN if it is the last; false if there is none, or it must wait. */
  private sendNext(block: ControlBlock): boolean {
    const { sender } = block;
    const { recovery, congestion } = sender;
    const { unsent, usableWindow } = sender;
    if (unsent === 0) return sender.isEnded && !sender.isFinSent && usableWindow > 0 && this.sendNew(block, 0, true);
    let length = Math.min(unsent, sender.mss, usableWindow);
    if (length <= 0) return false;
    const { inFlight } = recovery;
    if (inFlight > 0 && inFlight + length > congestion.window) {
      recovery.isLimited = true;
      return false;
    }
    if (length === sender.mss)
      length = this.extend(block, Math.min(unsent, usableWindow, congestion.window - inFlight));
    if (length < sender.mss && !maySendSmall(block, length === unsent, length)) return false;
    return this.sendNew(block, length, length === unsent && sender.isEnded && usableWindow > length);
  }

  /**
   * How much leaves in one piece where a full segment may: as many as the device cuts up itself, and may follow now. A
   * last one that is not full comes along if it need not wait (Nagle). An ECN mark is answered in a segment of its own.
   *
   * @param allowed bytes that may be sent
   */
  private extend(block: ControlBlock, allowed: number): number {
    const { sender, path, ecn, hasTimestamps } = block;
    const { mss, unsent } = sender;
    if (allowed < 2 * mss || ecn?.isReductionDue === true) return mss;
    const headerLength = tcp.HEADER_LENGTH + tcpOptions.timestampsLength(hasTimestamps);
    const most = Math.min(MAX_PIECES * mss, this.network.maxSegmented(path) - headerLength);
    const length = pieceOf(block, Math.min(allowed, most));
    if (length < 2 * mss) return mss;
    return length === unsent && (sender.noDelay || sender.isEnded) ? length : length - (length % mss);
  }

  /** Sends `textLength` bytes of new text, window or not. */
  sendNew(block: ControlBlock, textLength: number, withFin: boolean): boolean {
    const { sender, shared } = block;
    const start = sender.next;
    const isLast = textLength === sender.unsent;
    const hasFin = withFin && maySend(block.tcpState);
    const end = (start + textLength + (hasFin ? 1 : 0)) | 0;
    if (end === start) return false;
    const flags = tcp.ACK | (isLast && textLength > 0 ? tcp.PSH : 0) | (hasFin ? tcp.FIN : 0);
    this.emit(block, start, textLength, flags, false);
    sender.wake();
    sender.next = end;
    if (hasFin) sender.isFinSent = true;
    sender.lastSentUs = shared.nowUs | 0 || 1;
    sender.recovery.board.sent(start, end, shared.nowUs, hasFin ? HOLDS_FIN : 0);
    sender.recovery.rate.sent((end - start) | 0);
    const deadlines = deadlinesOf(block);
    deadlines.isProbeStale = true;
    deadlines.isOverridden = false;
    return true;
  }

  /** Writes a segment of the stream. */
  private emit(block: ControlBlock, seq: number, textLength: number, flags: number, isAgain: boolean): void {
    const { sender, receiver } = block;
    const headerLength = tcp.HEADER_LENGTH + tcpOptions.timestampsLength(block.hasTimestamps);
    const packet = this.writer.begin(block.path, headerLength, textLength, sender.mss);
    if (textLength > 0) {
      sender.ring.copyOut((seq - sender.una) | 0, textLength, packet.memory.bytes, packet.at + headerLength);
    }
    if (block.hasTimestamps) this.writeTimestamps(block, packet.view, packet.at + tcp.HEADER_LENGTH);
    let tos = block.typeOfService;
    const { ecn } = block;
    if (ecn !== undefined && textLength > 0 && !isAgain) {
      tos |= ECT_0;
      if (ecn.isReductionDue) flags |= tcp.CWR;
      ecn.isReductionDue = false;
    }
    this.finish(block, packet, seq, headerLength, flags, tos);
    spend(block, textLength);
    if (!receiver.hasSack) receiver.acknowledged();
  }

  private writeTimestamps(block: ControlBlock, view: DataView, at: number): void {
    tcpOptions.writeTimestamps(view, at, timestamp(block), block.recentTimestamp);
  }

  private finish(
    block: ControlBlock,
    packet: Packet,
    seq: number,
    headerLength: number,
    flags: number,
    tos: number,
  ): void {
    const { receiver, path, localPort, remotePort, ecn } = block;
    if (ecn?.isEchoing === true) flags |= tcp.ECE;
    const window = receiver.advertise();
    const { next } = receiver;
    const { hopLimit } = block;
    this.writer.finish(packet, path, localPort, remotePort, seq, next, headerLength, flags, window, hopLimit, tos);
    block.lastAckSent = next;
    block.deadlines.acknowledgeAtUs = Infinity;
  }

  private acknowledgeIfDue(block: ControlBlock): void {
    const { receiver, shared } = block;
    if (receiver.unackedBytes >= 2 * Math.max(receiver.largest, shared.limits.minMss)) receiver.isAckDue = true;
    if (receiver.isAckDue) {
      if (this.hasRoom(block)) this.acknowledge(block, block.sender.next);
    } else if (receiver.unackedBytes > 0 && block.deadlines.acknowledgeAtUs === Infinity) {
      deadlinesOf(block).acknowledgeAtUs = shared.nowUs + shared.limits.delayedAckMs * 1000;
    }
  }

  /** Sends an acknowledgment without text, with SACK blocks if there are any; there is room. */
  acknowledge(block: ControlBlock, seq: number): void {
    const { receiver, sender } = block;
    const timestampsLength = tcpOptions.timestampsLength(block.hasTimestamps);
    const limit = block.hasTimestamps ? MAX_BLOCKS : MAX_BLOCKS + 1;
    const count = sender.hasSack ? receiver.sackBlocks(this.blocks, limit) : 0;
    const headerLength = tcp.HEADER_LENGTH + timestampsLength + tcpOptions.sackLength(count);
    const packet = this.writer.begin(block.path, headerLength, 0, 0);
    const at = packet.at + tcp.HEADER_LENGTH;
    if (block.hasTimestamps) this.writeTimestamps(block, packet.view, at);
    if (count > 0) tcpOptions.writeSack(packet.view, at + timestampsLength, this.blocks, count);
    this.finish(block, packet, seq, headerLength, tcp.ACK, block.typeOfService);
    receiver.acknowledged();
  }

  /** Tells the peer that the connection is no more (RFC 9293 section 3.10.5); without room it is not told. */
  reset(block: ControlBlock): void {
    if (!this.isReady(block)) return;
    const { path, localPort, remotePort, sender, receiver } = block;
    this.writer.bare(path, localPort, remotePort, sender.next, receiver.next, tcp.RST | tcp.ACK, 0);
  }
}

/** Nagle's algorithm and the sender's half of SWS avoidance (RFC 9293 sections 3.7.4 and 3.8.6.2.1). */
function maySendSmall({ sender, deadlines }: ControlBlock, isLast: boolean, length: number): boolean {
  if (deadlines.isOverridden) return true;
  const mayFollow = sender.noDelay || sender.isIdle || sender.isEnded;
  return mayFollow && (isLast || 2 * length >= sender.maxWindow);
}

/** Bytes of text in a full segment: what the peer accepts and the path carries, less options (RFC 6691). */
export function segmentSize(block: ControlBlock, networkHeaderLength: number): number {
  const { path, sender, shared, hasTimestamps } = block;
  const accepted = Math.max(sender.peerMss, shared.limits.minMss);
  const limit = block.mtuDoubt === undefined ? Infinity : block.mtuDoubt.limit;
  const largest = Math.min(accepted, path.mtu - networkHeaderLength - tcp.HEADER_LENGTH, limit);
  return largest - tcpOptions.timestampsLength(hasTimestamps);
}

/** The time for the timestamps of a connection: milliseconds and a secret offset (RFC 7323 section 5.4). */
export function timestamp(block: ControlBlock): number {
  return (Math.floor(block.shared.nowUs / 1000) + block.timestampOffset) | 0;
}
