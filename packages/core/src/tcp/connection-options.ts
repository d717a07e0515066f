import { SocketError, type SocketErrorCode } from '../errors/socket-error.js';
import { format } from '../wire/ipv4-address.js';
import { ControlBlock } from './control-block.js';
import { deadlinesOf } from './schedule.js';
import { KeepAlive } from './keep-alive.js';
import { statisticsOf, type TcpStatistics } from './tcp-statistics.js';
import { TcpState, type TcpStateName } from './tcp-state.js';

/** The low bits of the type of service are ECN's (RFC 3168 section 5). */
const ECN_MASK = 3;

/** What a connection is, and what it can be set to. */
export abstract class ConnectionOptions extends ControlBlock {
  get localAddress(): string {
    return format(this.path.local);
  }

  get remoteAddress(): string {
    return format(this.path.remote);
  }

  /** The state by its name in RFC 9293. */
  get state(): TcpStateName {
    return TcpState[this.tcpState] as TcpStateName;
  }

  /** Why the connection failed; undefined if it did not. */
  get error(): SocketErrorCode | undefined {
    return this.failure;
  }

  /** Small segments leave at once instead of waiting for an acknowledgment (Nagle's algorithm); off by default. */
  get noDelay(): boolean {
    return this.sender.noDelay;
  }

  set noDelay(on: boolean) {
    this.sender.noDelay = on;
    this.shared.touch(this);
  }

  /** How long sent data may go unacknowledged before the connection fails with `ETIMEDOUT` (RFC 5482), milliseconds. */
  get userTimeoutMs(): number {
    return this.userTimeoutUs / 1000;
  }

  set userTimeoutMs(ms: number) {
    this.userTimeoutUs = ms * 1000;
  }

  /**
   * Keep-alive probes (RFC 9293 section 3.8.4): after `idleMs` of silence one every `intervalMs`, and after `probes` of
   * them without an answer the connection fails with `ETIMEDOUT`. `idleMs` of 0: none, which is the default.
   */
  setKeepAlive(idleMs: number, intervalMs = 75_000, probes = 9): void {
    const { shared } = this;
    shared.calls.enter();
    const heardAtUs = this.keepAlive?.heardAtUs ?? shared.nowUs;
    const isOn = idleMs > 0;
    this.keepAlive = isOn ? new KeepAlive(idleMs * 1000, intervalMs * 1000, probes, heardAtUs) : undefined;
    deadlinesOf(this).aliveAtUs = isOn ? heardAtUs + idleMs * 1000 : Infinity;
    shared.touch(this);
  }

  /** DSCP of what is sent from now on, in its place in the type of service: a multiple of 4 (RFC 9293 section 3.9.1.9). */
  get tos(): number {
    return this.typeOfService;
  }

  set tos(tos: number) {
    this.typeOfService = checkTos('tos', tos);
  }

  /** TTL of what is sent from now on, 1..255. */
  get ttl(): number {
    return this.hopLimit;
  }

  set ttl(ttl: number) {
    this.hopLimit = checkTtl('ttl', ttl);
  }

  /** What is going on inside, as TCP_INFO tells it. */
  statistics(): TcpStatistics {
    return statisticsOf(this);
  }
}

/** @throws SocketError `EINVAL` */
export function checkTos(syscall: string, tos: number): number {
  if (Number.isInteger(tos) && tos >= 0 && tos <= 0xff && (tos & ECN_MASK) === 0) return tos;
  throw new SocketError('EINVAL', syscall, `tos ${tos} is not a multiple of 4 from 0 to 252: the low bits are ECN's`);
}

/** @throws SocketError `EINVAL` */
export function checkTtl(syscall: string, ttl: number): number {
  if (Number.isInteger(ttl) && ttl >= 1 && ttl <= 255) return ttl;
  throw new SocketError('EINVAL', syscall, `ttl ${ttl} is not an integer from 1 to 255`);
}
