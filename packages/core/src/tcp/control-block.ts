import type { SocketErrorCode } from '../errors/socket-error.js';
import type { Drainable } from '../link/link-io.js';
import { Path } from '../network/path.js';
import { Timer } from '../time/timer.js';
import { Receiver } from './receive/receiver.js';
import type { WordPool } from './recovery/sent-segments.js';
import type { MemoryWaiter, RingMemory } from './ring-memory.js';
import { Sender } from './send/sender.js';
import type { TcpLimits } from './tcp-limits.js';
import { TcpState } from './tcp-state.js';

/** What an application is told, as bits. */
export enum TcpEvent {
  /** The connection is established. */
  CONNECT = 1,
  /** There is something to read, or the stream has ended. */
  READABLE = 2,
  /** There is room for writing again. */
  WRITABLE = 4,
  /** The connection is over. */
  CLOSE = 8,
  /** The peer marks text as urgent. */
  URGENT = 16,
  /** Something has gone wrong that the connection may survive. */
  SOFT_ERROR = 32,
}

/** What the retransmission timer is for. */
export enum TimerPurpose {
  NONE,
  /** RFC 6298; also for SYN, FIN and zero-window probes. */
  RETRANSMIT,
  /** RACK's reordering timer. */
  REORDERING,
  /** A tail loss probe. */
  PROBE,
  /** Data waits for a window that is too small (RFC 9293 sections 3.8.6.1 and 3.8.6.2.1). */
  PERSIST,
}

/** Whether large segments are thought to get lost on the way: see `BlackHoles`. */
export enum MtuDoubt {
  NONE,
  /** Smaller ones are tried. */
  LIMITED,
  /** They have passed, and large ones are tried again. */
  LIFTED,
}

/** What all connections of a stack share; {@link Tcp} is it. */
export interface TcpShared {
  readonly limits: TcpLimits;
  readonly memory: RingMemory;
  readonly wordPool: WordPool;
  /** See `TcpCounter`. */
  readonly counters: Float64Array;
  /** Microseconds. */
  readonly nowUs: number;
  /** The application has called, or something has happened: the connection is looked at when the burst is over. */
  touch(block: ControlBlock): void;
  /** Arms the connection's timer, or moves it. */
  arm(timer: Timer, deadlineUs: number): void;
  /** The connection is over: no segment finds it any more. */
  forget(block: ControlBlock): void;
  /** The connection is over but for TIME-WAIT. */
  enterTimeWait(block: ControlBlock): void;
}

/** A connection as TCP's inner parts know it: the transmission control block of RFC 9293 section 3.3.1. */
export abstract class ControlBlock implements Drainable, MemoryWaiter {
  /** @internal */
  readonly path = new Path();
  /** Our port and the peer's. */
  localPort = 0;
  remotePort = 0;
  /** @internal */
  tcpState = TcpState.CLOSED;
  /** @internal Its place in the table of connections; -1: in none. */
  slot = -1;
  /** @internal */
  readonly sender: Sender;
  /** @internal */
  readonly receiver: Receiver;
  /** @internal Agreed in the handshake: timestamps (RFC 7323), ECN (RFC 3168). */
  hasTimestamps = false;
  /** @internal */
  hasEcn = false;
  /** @internal Added to the time for our timestamps (RFC 7323 section 5.4). */
  timestampOffset = 0;
  /** @internal TS.Recent, when it was taken (milliseconds modulo 2^32), Last.ACK.sent (RFC 7323 section 4.3). */
  recentTimestamp = 0;
  recentTimestampMs = 0;
  /** @internal */
  lastAckSent = 0;
  /** @internal We echo a congestion mark; we have yet to say that we reduced our window (RFC 3168 section 6.1). */
  isEchoing = false;
  /** @internal */
  isReductionDue = false;
  /** @internal Marks before this is acknowledged are answered by the reduction that was made. */
  reducedTo = 0;
  /** @internal Challenge ACKs sent in the second that began at `challengeSecond`. */
  challenges = 0;
  challengeSecond = 0;
  /** @internal What the application is yet to be told: {@link TcpEvent}. */
  events = 0;
  /** @internal It stands in the list of those to be looked at. */
  isTouched = false;
  /** @internal Its SYN found no room on the link. */
  isSynDue = false;
  /** @internal It waits for room on the link. */
  isAwaitingRoom = false;
  /** @internal A write took less than it was given. */
  isWriteBlocked = false;
  /** @internal The application has closed it: what comes is not wanted. */
  isDetached = false;
  /** @internal Why it failed; undefined if it did not. */
  failure: SocketErrorCode | undefined = undefined;
  /** @internal What the network said last (RFC 9293 section 3.9.2.2); the reason given if it times out. */
  softError: SocketErrorCode | undefined = undefined;
  /** @internal Keep-alive: microseconds of silence before the first probe and between probes, number of probes; 0: off. */
  keepAliveIdleUs = 0;
  keepAliveIntervalUs = 75_000_000;
  keepAliveProbes = 9;
  /** @internal Probes that nobody has answered. */
  unansweredProbes = 0;
  /** @internal See `userTimeoutMs`; how long connecting may take. */
  userTimeoutUs: number;
  connectTimeoutUs = Infinity;
  /** @internal See {@link MtuDoubt}: bytes after the header at most, what was tried last, up to where it is about. */
  mtuDoubt = MtuDoubt.NONE;
  segmentLimit = Infinity;
  triedSize = 0;
  doubtedTo = 0;
  /** @internal When something came last (microseconds). */
  heardAtUs = Infinity;
  /** @internal Since when sent data has gone unanswered; Infinity: it has not. */
  silentSinceUs = Infinity;
  /** @internal How often something was sent again since then. */
  unanswered = 0;
  /** @internal Deadlines, microseconds; Infinity: none. They are kept apart and share one timer. */
  retransmitAtUs = Infinity;
  acknowledgeAtUs = Infinity;
  aliveAtUs = Infinity;
  /** @internal When the timer is armed for. */
  armedAtUs = Infinity;
  /** @internal */
  purpose = TimerPurpose.NONE;
  /** @internal An acknowledgment has come that starts the timer anew; text was sent, which puts a probe off. */
  isTimerStale = false;
  isProbeStale = false;
  /** @internal */
  readonly timer: Timer;
  /** @internal DSCP and ECN of what is sent, and TTL. */
  typeOfService = 0;
  hopLimit = 64;

  constructor(
    /** @internal */
    readonly shared: TcpShared,
    onTimer: (block: ControlBlock) => void,
  ) {
    this.sender = new Sender(shared.memory, shared.wordPool, shared.limits);
    this.receiver = new Receiver(shared.memory, shared.limits);
    this.userTimeoutUs = shared.limits.userTimeoutMs * 1000;
    this.timer = new Timer(() => onTimer(this));
  }

  /** @internal There is room on the link again. */
  drain(): void {
    this.isAwaitingRoom = false;
    this.shared.touch(this);
  }

  /** @internal */
  memoryFreed(): void {
    this.isWriteBlocked = false;
    this.notify(TcpEvent.WRITABLE);
  }

  /** @internal Something has gone wrong that the connection may survive. */
  soften(code: SocketErrorCode): void {
    if (this.softError === code) return; // of this the application knows
    this.softError = code;
    this.notify(TcpEvent.SOFT_ERROR);
  }

  /** @internal The application is to be told. */
  notify(event: TcpEvent): void {
    this.events |= event;
    this.shared.touch(this);
  }

  /** @internal Tells the application what there is to tell; may throw what it throws. */
  abstract dispatch(): void;
}

/** True once both SYNs were exchanged. */
export function isSynchronized(state: TcpState): boolean {
  return state >= TcpState.ESTABLISHED;
}

/** True while we may send text: the application has not ended, or what it wrote is still on its way. */
export function maySend(state: TcpState): boolean {
  return (
    state === TcpState.ESTABLISHED ||
    state === TcpState.CLOSE_WAIT ||
    state === TcpState.FIN_WAIT_1 ||
    state === TcpState.CLOSING ||
    state === TcpState.LAST_ACK
  );
}

/** True while the peer may send text. */
export function mayReceive(state: TcpState): boolean {
  return state === TcpState.ESTABLISHED || state === TcpState.FIN_WAIT_1 || state === TcpState.FIN_WAIT_2;
}
