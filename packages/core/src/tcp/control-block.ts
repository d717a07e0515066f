import type { SocketErrorCode } from '../errors/socket-error.js';
import type { Drainable } from '../link/link-io.js';
import type { Path } from '../network/path.js';
import type { Timer } from '../time/timer.js';
import type { Deadlines } from './deadlines.js';
import type { Ecn } from './ecn.js';
import type { KeepAlive } from './keep-alive.js';
import type { Lending } from './lending.js';
import { Receiver } from './receive/receiver.js';
import type { MemoryWaiter } from './ring-memory.js';
import type { MtuDoubt } from './mtu-doubt.js';
import { Sender, type SenderShared } from './send/sender.js';
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

/** The calls with which an application ends a connection; see `TcpConnection`. */
export interface ConnectionPort {
  /** The application calls, perhaps from outside of a turn. */
  enter(): void;
  end(block: ControlBlock): void;
  close(block: ControlBlock): void;
  abort(block: ControlBlock): void;
}

/** What all connections of a stack share; {@link Tcp} is it. */
export interface TcpShared extends SenderShared {
  readonly lending: Lending<ControlBlock>;
  readonly calls: ConnectionPort;
  /** See `TcpCounter`. */
  readonly counters: Float64Array;
  /** Microseconds. */
  readonly nowUs: number;
  /** The application has called, or something has happened: the connection is looked at when the burst is over. */
  touch(block: ControlBlock): void;
  /** Arms a connection's timer, or moves it. */
  arm(timer: Timer, deadlineUs: number): void;
  /** The timer is not armed any more. */
  cancel(timer: Timer): void;
  /** The connection is over: no segment finds it any more. */
  forget(block: ControlBlock): void;
  /** The connection is over but for TIME-WAIT. */
  enterTimeWait(block: ControlBlock): void;
}

/** A connection as TCP's inner parts know it: the transmission control block of RFC 9293 section 3.3.1. */
export abstract class ControlBlock implements Drainable, MemoryWaiter {
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
  /** @internal Agreed in the handshake: timestamps (RFC 7323); undefined: no ECN (RFC 3168). */
  hasTimestamps = false;
  /** @internal */
  ecn: Ecn | undefined = undefined;
  /** @internal Added to the time for our timestamps (RFC 7323 section 5.4). */
  timestampOffset = 0;
  /** @internal TS.Recent, when it was taken (milliseconds modulo 2^32), Last.ACK.sent (RFC 7323 section 4.3). */
  recentTimestamp = 0;
  recentTimestampMs = 0;
  /** @internal */
  lastAckSent = 0;
  /** @internal Challenge ACKs sent in the second that began at `challengeSecond`. */
  challenges = 0;
  challengeSecond = 0;
  /** @internal What the application is yet to be told: {@link TcpEvent}. */
  events = 0;
  /** @internal It stands in the list of those to be looked at. */
  isTouched = false;
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
  /** @internal Undefined: no keep-alive probes are sent. */
  keepAlive: KeepAlive | undefined = undefined;
  /** @internal See `userTimeoutMs`. */
  userTimeoutUs: number;
  /** @internal Undefined: large segments are not thought to get lost on the way. */
  mtuDoubt: MtuDoubt | undefined = undefined;
  /** @internal What is due, and when; see {@link Deadlines}. */
  deadlines: Deadlines<ControlBlock>;
  /** @internal DSCP and ECN of what is sent, and TTL. */
  typeOfService = 0;
  hopLimit = 64;

  constructor(
    /** @internal */
    readonly shared: TcpShared,
    /** @internal The way to the peer; others between the same addresses have the same one. */
    readonly path: Path,
  ) {
    this.sender = new Sender(shared);
    this.receiver = new Receiver(shared);
    this.userTimeoutUs = shared.limits.userTimeoutMs * 1000;
    this.deadlines = shared.lending.noDeadlines;
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
