import { LunettaError } from '../errors/lunetta-error.js';
import { SocketError } from '../errors/socket-error.js';
import { RX_L4_CHECKSUM_BAD, RX_L4_CHECKSUM_GOOD } from '../link/descriptor.js';
import { DropReason } from '../link/drop-reason.js';
import { Cast, type Packet } from '../link/packet.js';
import type { LoopPort } from '../network/loop-port.js';
import type { NetworkError } from '../network/network-error.js';
import type { ErrorReceiver, NetworkLayer } from '../network/network-layer.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4 from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import { parse } from '../wire/ipv4-address.js';
import { Connections } from './connections.js';
import type { TcpListener } from './listen/tcp-listener.js';
import { CONSUMED, DELIVERED } from './segment-arrival.js';
import { Segment } from './segment.js';
import { checkTos, checkTtl } from './connection-options.js';
import type { TcpConnection } from './tcp-connection.js';
import { TCP_COUNTERS, TcpCounter } from './tcp-counters.js';
import type { TcpLimits } from './tcp-limits.js';

/** Where to connect to. */
export interface TcpConnectOptions {
  readonly address: string;
  readonly port: number;
  /** One of our addresses; not given: the one that suits. */
  readonly localAddress?: string | undefined;
  /** Not given or 0: an unguessable free one (RFC 6056). */
  readonly localPort?: number | undefined;
  /** DSCP in its place in the type of service, a multiple of 4, and TTL of all that is sent; not given: 0 and 64. */
  readonly tos?: number | undefined;
  readonly ttl?: number | undefined;
  /** How long connecting may take; not given: the setting `tcp.connectTimeoutMs`, which it cannot exceed. */
  readonly timeoutMs?: number | undefined;
}

/** Where to listen. */
export interface TcpListenOptions {
  /** 1..65535. */
  readonly port: number;
  /** One of our addresses; not given: all of them. */
  readonly address?: string | undefined;
  /** Connections that may wait to be accepted; not given: the setting `tcp.defaultBacklog`. */
  readonly backlog?: number | undefined;
}

/** TCP (RFC 9293): takes segments apart and finds their connection; listens and connects. */
export class Tcp implements ErrorReceiver {
  /** See {@link TcpCounter}. */
  readonly counters = new Float64Array(TCP_COUNTERS);
  private readonly connections: Connections;
  private readonly segment = new Segment();
  private isClosed = false;

  constructor(
    private readonly network: NetworkLayer,
    private readonly loop: LoopPort,
    time: StackTime,
    timers: TimerWheel,
    random: Random,
    private readonly limits: TcpLimits,
  ) {
    this.connections = new Connections(network, loop, time, timers, random, limits, this.counters);
  }

  /** Connections, half-open ones, those in TIME-WAIT, listeners, and bytes of buffers, at this moment. */
  gauges(): { connections: number; halfOpen: number; timeWait: number; listeners: number; bufferBytes: number } {
    return this.connections.gauges();
  }

  /**
   * Listens for connections.
   *
   * @throws SocketError `EADDRINUSE`, `EADDRNOTAVAIL` (not ours), `EINVAL`; LunettaError if the stack is closed
   */
  listen(options: TcpListenOptions): TcpListener {
    this.checkOpen();
    const { port, address, backlog = this.limits.defaultBacklog } = options;
    checkPort('listen', port, 1);
    if (!Number.isInteger(backlog) || backlog < 1) {
      throw new SocketError('EINVAL', 'listen', `backlog ${backlog} is not an integer from 1 on`);
    }
    if (address !== undefined && !this.network.isOwn(address)) {
      throw new SocketError('EADDRNOTAVAIL', 'listen', `no interface has the address ${address}`);
    }
    return this.connections.listen(address, address === undefined ? 0 : parse(address)!, port, backlog);
  }

  /**
   * Opens a connection: the outcome comes by `onConnect` or `onClose`. What is written before is sent then.
   *
   * @throws SocketError `EINVAL`, `ENETUNREACH`, `EHOSTUNREACH`, `EADDRNOTAVAIL`, `EADDRINUSE`, `ENOBUFS` (as many
   *   connections as the limit allows); LunettaError if the stack is closed
   */
  connect(options: TcpConnectOptions): TcpConnection {
    this.checkOpen();
    const { address, port, localAddress, localPort = 0, timeoutMs = Infinity, tos = 0, ttl = 64 } = options;
    checkPort('connect', port, 1);
    checkPort('connect', localPort, 0);
    if (!(timeoutMs > 0)) throw new SocketError('EINVAL', 'connect', `timeoutMs ${timeoutMs} is not above 0`);
    const marks = { tos: checkTos('connect', tos), ttl: checkTtl('connect', ttl) };
    this.loop.enter();
    return this.connections.connect({ address, port, localAddress, localPort, ...marks }, timeoutMs);
  }

  /** Takes the segment `[packet.at, packet.end)`; its IP header is at `packet.networkAt`. */
  input(packet: Packet): void {
    const { view, at, end } = packet;
    if (!tcp.fits(at, end)) return packet.drop(DropReason['tcp.truncated']);
    const headerLength = tcp.headerLength(view, at);
    if (headerLength < tcp.HEADER_LENGTH || headerLength > end - at) {
      return packet.drop(DropReason['tcp.badHeaderLength']);
    }
    if (!isChecksumGood(packet)) return packet.drop(DropReason['tcp.badChecksum']);
    // To a broadcast or multicast address there are no connections (RFC 9293 section 3.9.2.3, MUST-57).
    if (packet.networkCast !== Cast.UNICAST) return packet.drop(DropReason['tcp.notUnicast']);
    const { segment } = this;
    this.counters[TcpCounter.segmentsReceived]++;
    if (!segment.load(packet)) this.counters[TcpCounter.malformedOptions]++;
    const fate = this.connections.arrive(segment, packet);
    if (fate === DELIVERED) packet.delivered();
    else if (fate === CONSUMED) packet.consumed();
    else packet.drop(fate);
  }

  /** A burst was worked through: the applications are told, and what is due is sent. */
  endBurst(): void {
    this.connections.settle();
  }

  hasSent(view: DataView, networkAt: number, at: number): boolean {
    return this.senderOf(view, networkAt, at) !== undefined;
  }

  networkError(view: DataView, networkAt: number, at: number, error: NetworkError): void {
    this.counters[TcpCounter.errors]++;
    this.connections.networkError(this.senderOf(view, networkAt, at)!, error);
  }

  /** The connection that has the datagram at `networkAt` under way. */
  private senderOf(view: DataView, networkAt: number, at: number): TcpConnection | undefined {
    const ports = (tcp.dstPort(view, at) << 16) | tcp.srcPort(view, at);
    const [local, remote] = [ipv4.source(view, networkAt), ipv4.destination(view, networkAt)];
    return this.connections.senderOf(remote, ports, local, tcp.seq(view, at));
  }

  /** Ends every connection with a reset, and every listener, for good: the stack closes. */
  close(): void {
    this.isClosed = true;
    this.connections.closeAll();
  }

  private checkOpen(): void {
    if (this.isClosed) throw new LunettaError('LUNETTA_ERR_CLOSED', 'the stack is closed; make a new one');
  }
}

/** What the device says counts, bad as well as good; else the sum over the segment and its addresses decides. */
function isChecksumGood({ flags, view, networkAt, memory, at, end }: Packet): boolean {
  if ((flags & RX_L4_CHECKSUM_GOOD) !== 0) return true;
  if ((flags & RX_L4_CHECKSUM_BAD) !== 0) return false;
  const source = ipv4.source(view, networkAt);
  const pseudo = ipv4.pseudoHeaderSum(source, ipv4.destination(view, networkAt), ipv4.PROTOCOL_TCP, end - at);
  return checksum.finish(memory.addSum(pseudo, at, end)) === 0;
}

function checkPort(syscall: string, port: number, least: number): void {
  if (Number.isInteger(port) && port >= least && port <= 65535) return;
  throw new SocketError('EINVAL', syscall, `port ${port} is not an integer from ${least} to 65535`);
}
