import { DropReason } from '../../link/drop-reason.js';
import type { Packet } from '../../link/packet.js';
import type { NetworkLayer } from '../../network/network-layer.js';
import type { Path } from '../../network/path.js';
import type { Random } from '../../time/host.js';
import type { StackTime } from '../../time/stack-time.js';
import type { TimerWheel } from '../../time/timer-wheel.js';
import * as tcp from '../../wire/tcp.js';
import type { SynOffer } from '../../wire/tcp-options.js';
import { synWindow, windowShiftFor } from '../handshake.js';
import { CONSUMED } from '../segment-arrival.js';
import type { Segment } from '../segment.js';
import { isAfter } from '../sequence.js';
import type { SegmentWriter } from '../send/segment-writer.js';
import { TcpCounter } from '../tcp-counters.js';
import type { TcpLimits } from '../tcp-limits.js';
import { HalfOpen } from './half-open.js';
import type { InitialNumbers } from './initial-numbers.js';
import { Slots } from './slots.js';
import { SynCookies } from './syn-cookies.js';
import type { TcpListener } from './tcp-listener.js';

/** What passive opening needs of TCP. */
export interface PassiveOpenPort {
  /** Makes the connection that a handshake has ended with; undefined if there is no room for one. */
  establish(halfOpen: HalfOpen, segment: Segment, isOnce: boolean): boolean;
  /** Answers a segment that belongs to nothing with a reset. */
  refuse(segment: Segment, path: Path): void;
}

/** How long after the last cookie was sent one may come back: two of its periods. */
const COOKIES_VALID_US = 128_000_000;

/** Connections that peers open: SYN queue, SYN-ACKs and their retransmission, cookies (RFC 9293 section 3.10.7.2). */
export class PassiveOpen {
  private readonly slots: Slots<HalfOpen>;
  private readonly cookies: SynCookies;
  private readonly onTimer = (halfOpen: HalfOpen): void => this.timedOut(halfOpen);

  constructor(
    private readonly limits: TcpLimits,
    private readonly network: NetworkLayer,
    private readonly writer: SegmentWriter,
    private readonly numbers: InitialNumbers,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    private readonly counters: Float64Array,
    random: Random,
    private readonly tcp: PassiveOpenPort,
  ) {
    this.slots = new Slots(random);
    this.cookies = new SynCookies(random);
  }

  /** Half-open connections. */
  get size(): number {
    return this.slots.size;
  }

  /** A segment for a half-open connection; its fate, or undefined if there is none. */
  arrive(segment: Segment): number | undefined {
    const ports = (segment.remotePort << 16) | segment.localPort;
    const halfOpen = this.slots.get(segment.remote, ports, segment.local);
    if (halfOpen === undefined) return undefined;
    const isRepeatedSyn = segment.has(tcp.SYN) && segment.seq === halfOpen.irs;
    const offset = (segment.seq - halfOpen.irs - 1) | 0;
    if (!isRepeatedSyn && (offset < 0 || offset >= synWindow(this.limits))) {
      if (!segment.has(tcp.RST)) this.sendSynAck(halfOpen);
      return DropReason['tcp.outOfWindow'];
    }
    if (segment.has(tcp.RST)) {
      if (offset !== 0) return DropReason['tcp.badReset'];
      this.forget(halfOpen);
      return CONSUMED;
    }
    if (segment.has(tcp.SYN)) {
      this.sendSynAck(halfOpen); // ours was lost, or it is a challenge (RFC 5961 section 4.2)
      return isRepeatedSyn ? CONSUMED : DropReason['tcp.unexpectedSyn'];
    }
    if (!segment.has(tcp.ACK)) return DropReason['tcp.noAck'];
    if (segment.ack !== ((halfOpen.iss + 1) | 0)) {
      this.tcp.refuse(segment, halfOpen.path);
      return DropReason['tcp.badAck'];
    }
    return this.complete(halfOpen, segment);
  }

  private complete(halfOpen: HalfOpen, segment: Segment): number {
    const { listener } = halfOpen;
    if (listener.queue.length >= listener.backlog) return DropReason['tcp.acceptQueueFull']; // it will be sent again
    if (halfOpen.hasTimestamps && !segment.options.hasTimestamps) return DropReason['tcp.noTimestamp'];
    this.forget(halfOpen);
    return this.tcp.establish(halfOpen, segment, halfOpen.attempts === 1) ? CONSUMED : DropReason['tcp.tooMany'];
  }

  /** A SYN for a listener: remembers it and answers. @param after what our sequence number must come after; 0: nothing */
  open(listener: TcpListener, segment: Segment, packet: Packet, after: number, isFull: boolean): number {
    const path = this.network.pathBack(packet);
    if (path === undefined || path.remote !== segment.remote) return DropReason['reply.noRoute'];
    if (isFull) return DropReason['tcp.tooMany'];
    if (listener.queue.length >= listener.backlog) return DropReason['tcp.acceptQueueFull'];
    if (listener.halfOpen >= listener.backlog || this.slots.size >= this.limits.maxHalfOpen) {
      return this.sendCookie(listener, segment, path);
    }
    const halfOpen = this.remember(listener, segment, path);
    if (after !== 0 && !isAfter(halfOpen.iss, after)) halfOpen.iss = (after + 0x10000) | 0;
    halfOpen.hasEcn = (segment.flags & (tcp.ECE | tcp.CWR)) === (tcp.ECE | tcp.CWR);
    this.slots.add(path.remote, halfOpen.ports, path.local, halfOpen);
    listener.halfOpen++;
    this.sendSynAck(halfOpen);
    this.wait(halfOpen);
    return CONSUMED;
  }

  private remember(listener: TcpListener, { options, seq, localPort, remotePort }: Segment, path: Path): HalfOpen {
    const { limits } = this;
    const halfOpen = new HalfOpen(listener, this.onTimer);
    halfOpen.path.assign(path);
    halfOpen.localPort = localPort;
    halfOpen.remotePort = remotePort;
    halfOpen.irs = seq;
    halfOpen.peerMss = options.mss;
    halfOpen.mss = path.mtu - this.network.headerLength - tcp.HEADER_LENGTH;
    halfOpen.isSackPermitted = limits.sack && options.isSackPermitted;
    halfOpen.hasTimestamps = limits.timestamps && options.hasTimestamps;
    halfOpen.recentTimestamp = halfOpen.hasTimestamps ? options.tsValue : 0;
    const isScaled = limits.windowScaling && options.windowShift >= 0;
    halfOpen.windowShift = isScaled ? windowShiftFor(limits) : -1;
    halfOpen.peerWindowShift = isScaled ? options.windowShift : -1;
    const { local, remote } = path;
    halfOpen.iss = this.numbers.sequence(local, remote, halfOpen.ports, this.time.nowUs);
    halfOpen.timestampOffset = this.numbers.timestampOffset(local, remote, halfOpen.ports);
    return halfOpen;
  }

  private sendSynAck(halfOpen: HalfOpen): void {
    const flags = tcp.SYN | tcp.ACK | (halfOpen.hasEcn ? tcp.ECE : 0);
    halfOpen.attempts++;
    halfOpen.sentAtUs = this.time.nowUs;
    if (this.network.revalidate(halfOpen.path) !== undefined) return;
    this.answer(halfOpen.path, halfOpen, halfOpen, flags, this.stampOf(halfOpen), halfOpen.recentTimestamp);
  }

  private answer(
    path: Path,
    to: { localPort: number; remotePort: number; irs: number; iss: number },
    offer: SynOffer,
    flags: number,
    stamp: number,
    echo: number,
  ): void {
    const ack = (to.irs + 1) | 0;
    this.writer.syn(path, to.localPort, to.remotePort, to.iss, ack, flags, synWindow(this.limits), offer, stamp, echo);
  }

  private stampOf({ timestampOffset }: HalfOpen): number {
    return (Math.floor(this.time.nowUs / 1000) + timestampOffset) | 0;
  }

  private sendCookie(listener: TcpListener, segment: Segment, path: Path): number {
    if (!this.limits.synCookies) return DropReason['tcp.synQueueFull'];
    const halfOpen = this.remember(listener, segment, path);
    halfOpen.iss = this.cookies.make(segment, halfOpen.ports, this.time.nowUs);
    if (!halfOpen.hasTimestamps) {
      halfOpen.windowShift = -1; // there is no place to keep it
      halfOpen.isSackPermitted = false;
    }
    const peerShift = halfOpen.windowShift >= 0 ? halfOpen.peerWindowShift : -1;
    const stamp = this.cookies.stamp(this.stampOf(halfOpen), peerShift, halfOpen.isSackPermitted);
    this.answer(path, halfOpen, halfOpen, tcp.SYN | tcp.ACK, stamp, halfOpen.recentTimestamp);
    listener.cookiesUntilUs = this.time.nowUs + COOKIES_VALID_US;
    this.counters[TcpCounter.cookiesSent]++;
    return CONSUMED;
  }

  /** An ACK for a listener that belongs to nothing: perhaps it brings a cookie back. Its fate, or undefined if it does not. */
  takeCookie(listener: TcpListener, segment: Segment, packet: Packet): number | undefined {
    const { nowUs } = this.time;
    const ports = (segment.remotePort << 16) | segment.localPort;
    if (nowUs > listener.cookiesUntilUs || !this.cookies.accept(segment, ports, nowUs)) return undefined;
    const path = this.network.pathBack(packet);
    if (path === undefined) return DropReason['reply.noRoute'];
    if (listener.queue.length >= listener.backlog) return DropReason['tcp.acceptQueueFull'];
    const { content } = this.cookies;
    const halfOpen = this.remember(listener, segment, path);
    halfOpen.iss = (segment.ack - 1) | 0;
    halfOpen.irs = (segment.seq - 1) | 0;
    halfOpen.peerMss = content.mss;
    halfOpen.isSackPermitted = content.hasSack;
    halfOpen.peerWindowShift = content.windowShift;
    halfOpen.windowShift = content.windowShift >= 0 ? windowShiftFor(this.limits) : -1;
    this.counters[TcpCounter.cookiesAccepted]++;
    return this.tcp.establish(halfOpen, segment, false) ? CONSUMED : DropReason['tcp.tooMany'];
  }

  /** Waits for the ACK: 1 s, 2 s, 4 s, ... */
  private wait(halfOpen: HalfOpen): void {
    const { initialRtoMs, maxRtoMs } = this.limits;
    const waitMs = Math.min(maxRtoMs, initialRtoMs * 2 ** (halfOpen.attempts - 1));
    this.timers.arm(halfOpen.timer, this.time.nowUs + waitMs * 1000);
  }

  private timedOut(halfOpen: HalfOpen): void {
    if (halfOpen.attempts >= this.limits.synAckAttempts) {
      this.counters[TcpCounter.halfOpenExpired]++;
      return this.forget(halfOpen);
    }
    this.sendSynAck(halfOpen);
    this.wait(halfOpen);
  }

  private forget(halfOpen: HalfOpen): void {
    const { path, ports, listener, timer } = halfOpen;
    this.timers.cancel(timer);
    this.slots.delete(path.remote, ports, path.local);
    listener.halfOpen--;
  }

  /** The listener is closed: what is half-open for it is forgotten. */
  forgetAll(listener: TcpListener): void {
    for (const halfOpen of this.slots.list()) if (halfOpen.listener === listener) this.forget(halfOpen);
  }
}
