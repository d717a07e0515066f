import { SocketError, type SocketErrorCode } from '../errors/socket-error.js';
import { Path } from '../network/path.js';
import { parse } from '../wire/ipv4-address.js';
import type { UdpNetworkError } from './bound-socket.js';
import { checkInteger } from './check-integer.js';
import type { Datagram } from './datagram.js';
import { GroupSocket } from './group-socket.js';
import { ReceiveQueue } from './receive-queue.js';
import type { ReceivedDatagram } from './received-datagram.js';
import type { UdpPort } from './udp-port.js';

/** What {@link UdpSocket.bind} asks for. */
export interface UdpBindOptions {
  /** One of our addresses, or a multicast or broadcast address to hear; any address if not given. */
  readonly address?: string;
  /** 1..65535; an unguessable free one (RFC 6056) if not given or 0. */
  readonly port?: number;
  /** Share address and port with other sockets that say so: each peer meets one of them, always the same. */
  readonly reusePort?: boolean;
}

/**
 * A UDP socket. Datagrams go to {@link onDatagram} if it is set, else into a queue for {@link receive}. Control calls
 * throw a {@link SocketError}; {@link send} returns the bare code.
 */
export class UdpSocket extends GroupSocket {
  /** Called with each datagram, from the poll loop, in bursts. */
  onDatagram: ((datagram: Datagram) => void) | undefined = undefined;
  /** Called when the queue for {@link receive} is no longer empty. */
  onReadable: (() => void) | undefined = undefined;
  /** Called once after a send was refused with `EAGAIN`, when there is room again. */
  onDrain: (() => void) | undefined = undefined;
  /** Called with errors from the network. Without it, a connected socket returns them from its next {@link send}. */
  onError: ((error: UdpNetworkError) => void) | undefined = undefined;
  /** Bytes that the queue for {@link receive} may hold, with 256 charged for each datagram. */
  receiveBufferSize: number;
  /** Datagrams lost because the queue for {@link receive} was full. */
  lost = 0;

  private pendingError: SocketErrorCode | undefined = undefined;
  private boundText: string | undefined = undefined;
  private readonly queue = new ReceiveQueue();
  /** The way of the connection. */
  private readonly path = new Path();
  private connectedText: string | undefined = undefined;

  /** @internal Through `Udp.open`. */
  constructor(udp: UdpPort, receiveBufferSize: number) {
    super(udp);
    this.receiveBufferSize = receiveBufferSize;
  }

  /** TTL of what is sent, 1..255. @throws SocketError `EINVAL` */
  get ttl(): number {
    return this.unicastTtl;
  }

  set ttl(ttl: number) {
    this.unicastTtl = checkInteger('ttl', ttl, 1, 255);
  }

  /** DSCP and ECN of what is sent, the TOS of old, 0..255. @throws SocketError `EINVAL` */
  get tos(): number {
    return this.typeOfService;
  }

  set tos(tos: number) {
    this.typeOfService = checkInteger('tos', tos, 0, 255);
  }

  /**
   * Binds the socket: from now on it receives.
   *
   * @throws SocketError `EADDRINUSE`, `EADDRNOTAVAIL` (not ours), `EINVAL` (bound already, no such port), `EBADF`
   */
  bind(options: UdpBindOptions = {}): void {
    const { address, port = 0, reusePort = false } = options;
    if (this.isClosed) throw new SocketError('EBADF', 'bind', 'the socket is closed');
    if (this.localPort !== 0) throw new SocketError('EINVAL', 'bind', `the socket is bound to port ${this.localPort}`);
    checkPort('bind', port, 0);
    const bound = address === undefined ? 0 : parse(address);
    if (bound === undefined) throw new SocketError('EINVAL', 'bind', `'${address}' is no IPv4 address`);
    if (bound !== 0 && !this.udp.isBindable(address!)) {
      throw new SocketError('EADDRNOTAVAIL', 'bind', `no interface has the address ${address}`);
    }
    const before = this.reusePort;
    this.boundAddress = bound;
    this.reusePort = reusePort;
    try {
      this.udp.bind(this, port);
    } catch (error) {
      this.boundAddress = 0;
      this.reusePort = before;
      throw error;
    }
    this.boundText = bound === 0 ? undefined : address;
  }

  /**
   * Connects the socket: it sends to there only, and receives from there only. Binds it first if it is not bound.
   *
   * @throws SocketError `EISCONN`, `EINVAL`, `ENETUNREACH`, `EADDRNOTAVAIL`, `EHOSTUNREACH`, `EADDRINUSE`, `EBADF`,
   *   `EACCES` (a broadcast address without {@link broadcast})
   */
  connect(address: string, port: number): void {
    if (this.isClosed) throw new SocketError('EBADF', 'connect', 'the socket is closed');
    if (this.remotePort !== 0)
      throw new SocketError('EISCONN', 'connect', 'the socket is connected; disconnect() first');
    checkPort('connect', port, 1);
    this.path.groupInterface = this.paths.groupInterface;
    const error = this.udp.findPath(this.path, address, this.sendFrom());
    if (error !== undefined) throw new SocketError(error, 'connect', `${address}:${port}`);
    if (this.localPort === 0) this.bind();
    this.udp.connect(this, this.path, port);
    this.path.boundLocal = this.path.local; // what comes back is looked for at this address
    this.connectedText = address;
  }

  /** Takes back {@link connect}; the socket stays bound. */
  disconnect(): void {
    if (this.isClosed) throw new SocketError('EBADF', 'disconnect', 'the socket is closed');
    if (this.remotePort === 0) throw new SocketError('ENOTCONN', 'disconnect', 'the socket is not connected');
    this.udp.disconnect(this);
    this.connectedText = undefined;
    this.pendingError = undefined;
  }

  /** The address it is bound to, or undefined for any. */
  get localAddress(): string | undefined {
    return this.boundText;
  }

  /** The address it is connected to. */
  get remoteAddress(): string | undefined {
    return this.connectedText;
  }

  /**
   * Sends a copy of `payload`; binds the socket to a free port first if it is not bound. It leaves in this turn of
   * the event loop or the next, together with what else is sent meanwhile.
   *
   * @param address where to; not given: where the socket is connected to
   * @param port where to, 1..65535
   * @param from the source, one of our addresses, and with it the interface of a broadcast or multicast datagram; not
   *   given: the address that the socket is bound to, or the one that suits the destination
   * @returns undefined if it was accepted; else `EAGAIN` (no room now: {@link onDrain} will tell), `EMSGSIZE`
   *   (over 65,507 bytes, or over the path MTU with {@link dontFragment}: see {@link pathMtu}), `EACCES` (broadcast not permitted), `EDESTADDRREQ`, `EISCONN`, `EINVAL`, `ENETUNREACH`, `EHOSTUNREACH`,
   *   `EADDRNOTAVAIL`, `ENETDOWN`, `EBADF` (closed), or the error that the network returned to an earlier one
   */
  send(payload: Uint8Array, address?: string, port?: number, from?: string): SocketErrorCode | undefined {
    if (this.isClosed) return 'EBADF';
    if (this.pendingError !== undefined) return this.takeError();
    if (this.remotePort !== 0) {
      if (address !== undefined) return 'EISCONN';
      return this.udp.send(this, this.path, this.remotePort, payload);
    }
    if (address === undefined || port === undefined) return 'EDESTADDRREQ';
    if (!(port >= 1 && port <= 65535 && Number.isInteger(port))) return 'EINVAL';
    const error = this.localPort === 0 ? this.bindForSending() : undefined;
    if (error !== undefined) return error;
    const bound = this.boundText === undefined ? undefined : this.sendFrom();
    if (bound !== undefined && from !== undefined && from !== bound) return 'EADDRNOTAVAIL';
    const path = this.paths.find(address, from ?? bound);
    return typeof path === 'string' ? path : this.udp.send(this, path, port, payload);
  }

  /**
   * The largest datagram that gets to `address` in one piece as far as we know, IP and UDP headers (28 bytes) included,
   * in bytes (RFC 1191); of a connected socket, to where it is connected.
   *
   * @throws SocketError `EDESTADDRREQ`, `EINVAL`, `ENETUNREACH`, `EHOSTUNREACH`, `EADDRNOTAVAIL`
   */
  pathMtu(address = this.connectedText): number {
    if (address === undefined) throw new SocketError('EDESTADDRREQ', 'pathMtu', 'name an address, or connect() first');
    const path =
      this.remotePort !== 0 && address === this.connectedText ? this.path : this.paths.find(address, this.sendFrom());
    if (typeof path === 'string') throw new SocketError(path, 'pathMtu', address);
    return this.udp.pathMtu(path);
  }

  /** The oldest datagram in the queue, or undefined if there is none. */
  receive(): ReceivedDatagram | undefined {
    return this.queue.shift();
  }

  /** Ends the socket; idempotent. What was accepted for sending is still sent; what waits for {@link receive} is not kept. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.queue.clear();
    this.leaveGroups();
    this.udp.forget(this);
  }

  deliver(datagram: Datagram): boolean {
    if (this.onDatagram !== undefined) {
      this.onDatagram(datagram);
      return true;
    }
    const wasEmpty = this.queue.length === 0;
    if (!this.queue.push(datagram, this.receiveBufferSize)) {
      this.lost++;
      return false;
    }
    if (wasEmpty) this.onReadable?.();
    return true;
  }

  fail(error: UdpNetworkError): void {
    if (this.onError !== undefined) this.onError(error);
    else if (this.remotePort !== 0) this.pendingError = error.code;
  }

  drain(): void {
    this.isWaiting = false;
    if (!this.isClosed && this.onDrain !== undefined) this.udp.guard(this.onDrain);
  }

  private takeError(): SocketErrorCode | undefined {
    const error = this.pendingError;
    this.pendingError = undefined;
    return error;
  }

  /** Binds to a free port in the course of sending. */
  private bindForSending(): SocketErrorCode | undefined {
    try {
      this.bind();
      return undefined;
    } catch (error) {
      if (error instanceof SocketError) return error.code;
      throw error;
    }
  }

  /** A socket bound to a group or to broadcast sends from any of our own addresses. */
  private sendFrom(): string | undefined {
    return this.boundText !== undefined && this.udp.isOwn(this.boundText) ? this.boundText : undefined;
  }
}

function checkPort(syscall: string, port: number, least: number): number {
  if (Number.isInteger(port) && port >= least && port <= 65535) return port;
  throw new SocketError('EINVAL', syscall, `port ${port} is not an integer from ${least} to 65535`);
}
