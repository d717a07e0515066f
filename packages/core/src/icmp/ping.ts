import type { SocketErrorCode } from '../errors/socket-error.js';
import { Cast, type Packet } from '../link/packet.js';
import type { NetworkError } from '../network/network-error.js';
import type { ErrorReceiver, NetworkLayer } from '../network/network-layer.js';
import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as checksum from '../wire/checksum.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { format } from '../wire/ipv4-address.js';

/** What an echo request asks for. */
export interface PingOptions {
  /** Bytes of data, 0 or more; default 56. */
  readonly size?: number;
  /** How long to wait for the reply, in milliseconds; default 1000. */
  readonly timeoutMs?: number;
  /** TTL of the request, 1..255; default 64. */
  readonly ttl?: number;
  /** No router may cut the request up; one larger than the path MTU is then refused with `EMSGSIZE`. Default false. */
  readonly dontFragment?: boolean;
}

/** The ICMP error that came instead of a reply. */
export interface PingFailure {
  /** The host or router that sent it. */
  readonly address: string;
  readonly type: number;
  readonly code: number;
  /** Of "fragmentation needed": the path MTU; else 0. */
  readonly mtu: number;
  readonly rttUs: number;
}

/** The outcome of an echo request: the reply, or why there is none (`ETIMEDOUT`, `EHOSTUNREACH`, ...). */
export type PingResult =
  | { readonly error: undefined; readonly rttUs: number; readonly size: number; readonly ttl: number }
  | { readonly error: SocketErrorCode; readonly icmp?: PingFailure };

interface PendingPing {
  readonly remote: number;
  readonly size: number;
  readonly sentUs: number;
  readonly timer: Timer;
  readonly done: (result: PingResult) => void;
}

/** Echo requests of our own (RFC 792): sends them and matches the replies. At most 65,536 wait at a time. */
export class Ping implements ErrorReceiver {
  /** By identifier and sequence number, both unguessable together: `identifier << 16 | sequence`. */
  private readonly pending = new Map<number, PendingPing>();
  private readonly identifier: number;
  private sequence: number;

  constructor(
    private readonly network: NetworkLayer,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    random: Random,
  ) {
    this.identifier = random.int32() & 0xffff;
    this.sequence = random.int32() & 0xffff;
  }

  /**
   * Sends one echo request.
   *
   * @param done called once, from the poll loop
   * @returns undefined, or why nothing was sent; then `done` is not called
   */
  send(remote: string, options: PingOptions, done: (result: PingResult) => void): SocketErrorCode | undefined {
    const { size = 56, timeoutMs = 1000, ttl = 64, dontFragment = false } = options;
    if (!Number.isInteger(size) || size < 0 || !(timeoutMs >= 0)) return 'EINVAL';
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 255) return 'EINVAL';
    const path = new Path();
    const error = this.network.findPath(path, remote);
    if (error !== undefined) return error;
    if (path.cast === Cast.BROADCAST) return 'EACCES'; // hosts do not answer those (RFC 1122 section 3.2.2.6)
    if (!path.link!.io.isUp) return 'ENETDOWN';
    const length = icmpv4.HEADER_LENGTH + size;
    const most = dontFragment ? path.mtu - this.network.headerLength : this.network.maxPayload;
    if (length > most) return 'EMSGSIZE';
    const sequence = (this.sequence + 1) & 0xffff;
    if (this.pending.has(sequence)) return 'EAGAIN';
    const packet = this.network.begin(path, length);
    if (packet === undefined) return 'EAGAIN';
    this.sequence = sequence;
    const timer = new Timer(() => this.finish(sequence, { error: 'ETIMEDOUT' }));
    this.time.update();
    const sentUs = this.time.nowUs;
    this.pending.set(sequence, { remote: path.remote, size, sentUs, timer, done });
    this.timers.arm(timer, sentUs + timeoutMs * 1000);
    this.write(packet, sequence);
    this.network.output(packet, path, ipv4.PROTOCOL_ICMP, ttl, 0, dontFragment);
    return undefined;
  }

  /** Takes an echo reply, checked; false if nobody waits for it. */
  reply(packet: Packet): boolean {
    const { view, at, networkAt } = packet;
    if (icmpv4.identifier(view, at) !== this.identifier) return false;
    const sequence = icmpv4.sequence(view, at);
    const ping = this.pending.get(sequence);
    if (ping === undefined || ping.remote !== ipv4.source(view, networkAt)) return false;
    const rttUs = this.time.nowUs - ping.sentUs;
    const size = packet.end - at - icmpv4.HEADER_LENGTH;
    this.finish(sequence, { error: undefined, rttUs, size, ttl: ipv4.ttl(view, networkAt) });
    return true;
  }

  hasSent(view: DataView, networkAt: number, at: number): boolean {
    if (icmpv4.type(view, at) !== icmpv4.TYPE_ECHO_REQUEST) return false;
    if (icmpv4.identifier(view, at) !== this.identifier) return false;
    return this.pending.get(icmpv4.sequence(view, at))?.remote === ipv4.destination(view, networkAt);
  }

  networkError(view: DataView, _networkAt: number, at: number, error: NetworkError): void {
    const sequence = icmpv4.sequence(view, at);
    const rttUs = this.time.nowUs - this.pending.get(sequence)!.sentUs;
    const { code, mtu, reporter, icmpType, icmpCode } = error;
    if (reporter === 0) return this.finish(sequence, { error: code });
    const icmp = { address: format(reporter), type: icmpType, code: icmpCode, mtu, rttUs };
    this.finish(sequence, { error: code, icmp });
  }

  /** Ends all that wait: the stack closes. */
  close(): void {
    for (const sequence of [...this.pending.keys()]) this.finish(sequence, { error: 'EBADF' });
  }

  private finish(sequence: number, result: PingResult): void {
    const ping = this.pending.get(sequence)!;
    this.pending.delete(sequence);
    this.timers.cancel(ping.timer);
    ping.done(result);
  }

  /** Writes an echo request of the packet's size. */
  private write({ memory, view, at, end }: Packet, sequence: number): void {
    const dataAt = at + icmpv4.HEADER_LENGTH;
    for (let i = 0; dataAt + i < end; i++) memory.bytes[dataAt + i] = i;
    const rest = (this.identifier << 16) | sequence;
    icmpv4.write(view, at, icmpv4.TYPE_ECHO_REQUEST, 0, 0, rest);
    const sum = checksum.finish(checksum.add(0, view, at, end));
    icmpv4.write(view, at, icmpv4.TYPE_ECHO_REQUEST, 0, sum, rest);
  }
}
