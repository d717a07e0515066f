import type { Path } from '../network/path.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { StackTime } from '../time/stack-time.js';
import type { Random } from '../time/host.js';
import * as tcp from '../wire/tcp.js';
import * as tcpOptions from '../wire/tcp-options.js';
import { DropReason } from '../link/drop-reason.js';
import type { ControlBlock } from './control-block.js';
import { Slots } from './listen/slots.js';
import type { Segment } from './segment.js';
import { isAfter, isBefore } from './sequence.js';
import type { SegmentWriter } from './send/segment-writer.js';
import { TcpCounter } from './tcp-counters.js';
import type { TcpLimits } from './tcp-limits.js';

/** What is remembered of a connection in TIME-WAIT, in a list by the time at which it is forgotten. */
class Remembered {
  next: Remembered | undefined = undefined;
  previous: Remembered | undefined = undefined;
  expiresUs = Infinity;

  constructor(
    readonly path: Path,
    readonly localPort: number,
    readonly remotePort: number,
    /** SND.NXT and RCV.NXT. */
    readonly sendNext: number,
    readonly receiveNext: number,
    readonly hasTimestamps: boolean,
    readonly recentTimestamp: number,
    readonly timestampOffset: number,
  ) {}

  get ports(): number {
    return (this.remotePort << 16) | this.localPort;
  }
}

/** Connections in TIME-WAIT (RFC 9293 section 3.6.1): each is a small record, all share one timer. */
export class TimeWaits {
  private readonly slots: Slots<Remembered>;
  private first: Remembered | undefined = undefined;
  private last: Remembered | undefined = undefined;
  private readonly timer: Timer;

  constructor(
    private readonly limits: TcpLimits,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    private readonly writer: SegmentWriter,
    private readonly counters: Float64Array,
    random: Random,
  ) {
    this.slots = new Slots(random);
    this.timer = new Timer(() => this.expire());
  }

  get size(): number {
    return this.slots.size;
  }

  /** True if a connection between these is in TIME-WAIT. */
  has(remote: number, ports: number, local: number): boolean {
    return this.slots.get(remote, ports, local) !== undefined;
  }

  /** Remembers a connection that has ended. */
  add(block: ControlBlock): void {
    if (this.slots.size >= this.limits.maxTimeWait) {
      this.counters[TcpCounter.timeWaitEvicted]++;
      this.forget(this.first!);
    }
    const { sender, receiver, path } = block;
    const entry = new Remembered(
      path,
      block.localPort,
      block.remotePort,
      sender.next,
      receiver.next,
      block.hasTimestamps,
      block.recentTimestamp,
      block.timestampOffset,
    );
    this.slots.add(path.remote, entry.ports, path.local, entry);
    this.append(entry);
  }

  /**
   * A segment for a connection in TIME-WAIT. A SYN that may begin a new connection (RFC 6191, RFC 9293 section 3.10.7.4)
   * ends the old one; {@link lastSend} is then what the new one's initial sequence number must come after.
   *
   * @returns the drop reason, or undefined if there is no such connection any more
   */
  arrive(segment: Segment): DropReason | undefined {
    const entry = this.slots.get(segment.remote, (segment.remotePort << 16) | segment.localPort, segment.local);
    if (entry === undefined) return undefined;
    // RFC 1337: a reset ends no TIME-WAIT.
    if (segment.has(tcp.RST)) return DropReason['tcp.timeWait'];
    if (segment.has(tcp.SYN) && !segment.has(tcp.ACK) && this.mayBegin(entry, segment)) {
      this.lastSend = entry.sendNext;
      this.forget(entry);
      return undefined;
    }
    // The peer has not heard our last acknowledgment. A bare ACK is not answered: two in TIME-WAIT would never stop.
    if (segment.length > 0) {
      this.acknowledge(entry);
      if (segment.has(tcp.FIN) && segment.end === entry.receiveNext) this.restart(entry);
    }
    return DropReason['tcp.timeWait'];
  }

  /** SND.NXT of the connection that the last {@link arrive} has ended. */
  lastSend = 0;

  private mayBegin(entry: Remembered, { seq, options }: Segment): boolean {
    if (entry.hasTimestamps && options.hasTimestamps) {
      if (isAfter(options.tsValue, entry.recentTimestamp)) return true;
      if (isBefore(options.tsValue, entry.recentTimestamp)) return false;
    }
    return isAfter(seq, entry.receiveNext);
  }

  private acknowledge(entry: Remembered): void {
    const { path, localPort, remotePort, sendNext, receiveNext, hasTimestamps } = entry;
    if (!this.writer.hasRoom(path)) return;
    const headerLength = tcp.HEADER_LENGTH + tcpOptions.timestampsLength(hasTimestamps);
    const packet = this.writer.begin(path, headerLength, 0, 0);
    if (hasTimestamps) {
      const now = (Math.floor(this.time.nowUs / 1000) + entry.timestampOffset) | 0;
      tcpOptions.writeTimestamps(packet.view, packet.at + tcp.HEADER_LENGTH, now, entry.recentTimestamp);
    }
    this.writer.finish(packet, path, localPort, remotePort, sendNext, receiveNext, headerLength, tcp.ACK, 0);
  }

  private restart(entry: Remembered): void {
    this.unlink(entry);
    this.append(entry);
  }

  private append(entry: Remembered): void {
    entry.expiresUs = this.time.nowUs + this.limits.timeWaitMs * 1000;
    entry.previous = this.last;
    entry.next = undefined;
    if (this.last === undefined) this.first = entry;
    else this.last.next = entry;
    this.last = entry;
    if (!this.timer.isArmed) this.timers.arm(this.timer, entry.expiresUs);
  }

  private unlink(entry: Remembered): void {
    if (entry.previous === undefined) this.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.last = entry.previous;
    else entry.next.previous = entry.previous;
  }

  private forget(entry: Remembered): void {
    this.unlink(entry);
    this.slots.delete(entry.path.remote, entry.ports, entry.path.local);
  }

  private expire(): void {
    const { nowUs } = this.time;
    while (this.first !== undefined && this.first.expiresUs <= nowUs) this.forget(this.first);
    if (this.first !== undefined) this.timers.arm(this.timer, this.first.expiresUs);
  }

  /** Forgets all: the stack closes. */
  close(): void {
    this.timers.cancel(this.timer);
    while (this.first !== undefined) this.forget(this.first);
  }
}
