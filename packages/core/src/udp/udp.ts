import { LunettaError } from '../errors/lunetta-error.js';
import { SocketError, type SocketErrorCode } from '../errors/socket-error.js';
import { DropReason } from '../link/drop-reason.js';
import { Cast, type Packet } from '../link/packet.js';
import type { LinkIo } from '../link/link-io.js';
import type { GroupPort } from '../network/group-port.js';
import type { LoopPort } from '../network/loop-port.js';
import type { NetworkError } from '../network/network-error.js';
import type { ErrorReceiver, NetworkLayer, RefusalSender } from '../network/network-layer.js';
import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import * as ipv4 from '../wire/ipv4.js';
import { format } from '../wire/ipv4-address.js';
import * as udp from '../wire/udp.js';
import type { BoundSocket } from './bound-socket.js';
import { Datagram, type ReplyPort } from './datagram.js';
import { isChecksumGood, makeChecksum } from './udp-checksum.js';
import { UDP_COUNTERS, UdpCounter } from './udp-counters.js';
import { ephemeralPort } from '../network/ephemeral-port.js';
import { UdpDemux } from './udp-demux.js';
import type { UdpLimits } from './udp-limits.js';
import type { UdpPort } from './udp-port.js';
import { UdpSocket } from './udp-socket.js';

/** UDP (RFC 768, RFC 1122 section 4.1): validates, finds the socket, shows it the datagram; sends. */
export class Udp implements ErrorReceiver, ReplyPort, UdpPort {
  /** See {@link UdpCounter}. */
  readonly counters = new Float64Array(UDP_COUNTERS);
  private readonly demux: UdpDemux;
  private readonly sockets = new Set<BoundSocket>();
  private readonly datagram: Datagram;
  /** The socket that is shown `datagram`. */
  private receiver: BoundSocket | undefined = undefined;
  /** For an answer that is not sent in place. */
  private readonly answerPath = new Path();
  private isClosed = false;

  constructor(
    private readonly network: NetworkLayer,
    readonly groups: GroupPort,
    private readonly icmp: RefusalSender,
    private readonly loop: LoopPort,
    private readonly random: Random,
    private readonly limits: UdpLimits,
  ) {
    this.demux = new UdpDemux(random);
    this.datagram = new Datagram(this);
  }

  /** Open sockets. */
  get socketCount(): number {
    return this.sockets.size;
  }

  /**
   * A new socket, neither bound nor connected.
   *
   * @throws SocketError `ENOBUFS` if there are as many as the limit allows; LunettaError if the stack is closed
   */
  open(): UdpSocket {
    if (this.isClosed) throw new LunettaError('LUNETTA_ERR_CLOSED', 'the stack is closed; make a new one');
    if (this.sockets.size >= this.limits.maxSockets) {
      throw new SocketError('ENOBUFS', 'socket', `${this.limits.maxSockets} are open; the setting is udp.maxSockets`);
    }
    const socket = new UdpSocket(this, this.limits.receiveBufferSize);
    this.sockets.add(socket);
    this.loop.socketOpened();
    return socket;
  }

  /** Closes every socket, for good: the stack closes. */
  close(): void {
    this.isClosed = true;
    for (const socket of [...this.sockets]) socket.close();
  }

  /** Takes the datagram `[packet.at, packet.end)`; its IP header is at `packet.networkAt`. */
  input(packet: Packet): void {
    const { view, at } = packet;
    if (!udp.fits(at, packet.end)) return packet.drop(DropReason['udp.truncated']);
    const length = udp.length(view, at);
    if (length < udp.HEADER_LENGTH || length > packet.end - at) return packet.drop(DropReason['udp.badLength']);
    packet.end = at + length;
    const { datagram } = this;
    datagram.load(packet);
    if (!isChecksumGood(packet, datagram, length)) return packet.drop(DropReason['udp.badChecksum']);
    if (packet.networkCast !== Cast.UNICAST) return this.inputToAll(packet);
    const { local, localPort, remote, remotePort } = datagram;
    const socket = this.demux.find(local, localPort, remote, remotePort);
    if (socket === undefined) {
      this.icmp.portUnreachable(packet);
      return packet.drop(DropReason['udp.noPort']);
    }
    datagram.isShared = false;
    if (this.deliver(socket)) packet.delivered();
    else packet.drop(DropReason['udp.receiveQueueFull']);
  }

  /** A broadcast or multicast datagram: every socket that it reaches is shown it, and the buffer is returned once. */
  private inputToAll(packet: Packet): void {
    const { local, localPort, remote, remotePort } = this.datagram;
    const all = this.demux.findAll(local, localPort, remote, remotePort);
    if (all.length === 0) return packet.drop(DropReason['udp.noPort']);
    const isGroup = packet.networkCast === Cast.MULTICAST;
    const sockets = isGroup ? all.filter((socket) => socket.hears(packet.interfaceIndex, local, remote)) : all;
    if (sockets.length === 0) return packet.drop(DropReason['udp.notJoined']);
    let isDelivered = false;
    this.datagram.isShared = sockets.length > 1;
    for (const socket of sockets) {
      if (!socket.isClosed) isDelivered = this.deliver(socket) || isDelivered; // by the callback before it
    }
    if (isDelivered) packet.delivered();
    else packet.drop(DropReason['udp.receiveQueueFull']);
  }

  /** Shows the datagram to a socket; false if its queue is full. Whatever the callback does, the work goes on. */
  private deliver(socket: BoundSocket): boolean {
    const { datagram } = this;
    datagram.isLive = true;
    if (this.receiver !== socket) this.receiver = socket;
    let isTaken = true;
    try {
      isTaken = socket.deliver(datagram);
    } catch (error) {
      this.loop.raise(error);
    }
    datagram.isLive = false;
    this.counters[isTaken ? UdpCounter.delivered : UdpCounter.receiveQueueFull]++;
    return isTaken;
  }

  send(socket: BoundSocket, path: Path, dstPort: number, payload: Uint8Array): SocketErrorCode | undefined {
    this.loop.enter();
    const length = udp.HEADER_LENGTH + payload.length;
    const error = this.network.revalidate(path) ?? this.checkSend(socket, path, length);
    if (error !== undefined) return error;
    const packet = this.network.begin(path, length);
    if (packet === undefined) return this.refuse(socket, path.link!.io);
    packet.memory.bytes.set(payload, packet.at + udp.HEADER_LENGTH);
    this.output(packet, socket, path, dstPort, 0);
    return undefined;
  }

  reply(datagram: Datagram, length: number): SocketErrorCode | undefined {
    const socket = this.receiver!;
    if (datagram.remotePort === 0) return 'EDESTADDRREQ';
    if (length !== datagram.length && !datagram.fits(length)) return 'EMSGSIZE';
    if (socket.isClosed) return 'EBADF';
    const { packet } = datagram;
    if (datagram.isShared || packet.handle < 0) return this.replyWithCopy(datagram, socket, length);
    const path = this.network.pathBack(packet);
    if (path === undefined) return 'EHOSTUNREACH';
    const { io } = path.link!;
    const segmentLength = udp.HEADER_LENGTH + length;
    const isWhole = segmentLength + this.network.headerLength <= path.mtu;
    if (io !== packet.link || !isWhole) return this.replyWithCopy(datagram, socket, length);
    const error = this.checkSend(socket, path, segmentLength);
    if (error !== undefined) return error;
    if (!io.hasTxRoom) return this.refuse(socket, io);
    packet.at = datagram.payloadAt - udp.HEADER_LENGTH;
    packet.end = datagram.payloadAt + length;
    datagram.isAnswered = true;
    // Both ends' addresses and ports change places: of the same payload the checksum stays the same.
    const isSame = !datagram.isTouched && length === datagram.length && path.local === datagram.local;
    this.output(packet, socket, path, datagram.remotePort, isSame ? datagram.checksum : 0);
    return undefined;
  }

  /** An answer that cannot leave in the datagram's own buffer: others need it, or it lies elsewhere, or has left. */
  private replyWithCopy(datagram: Datagram, socket: BoundSocket, length: number): SocketErrorCode | undefined {
    const { memory, payloadAt, localAddress, remoteAddress, remotePort } = datagram;
    const local = this.network.isOwn(localAddress) ? localAddress : undefined;
    const error = this.network.findPath(this.answerPath, remoteAddress, local);
    if (error !== undefined) return error;
    return this.send(socket, this.answerPath, remotePort, new Uint8Array(memory.buffer, payloadAt, length));
  }

  /**
   * Writes the header of the datagram whose payload is in place, and hands it down. There is room for it.
   *
   * @param knownSum its checksum, if that is known; 0 if not
   */
  private output(packet: Packet, socket: BoundSocket, path: Path, dstPort: number, knownSum: number): void {
    const { view, at, end } = packet;
    const { localPort } = socket;
    const sum = knownSum !== 0 ? knownSum : makeChecksum(packet, path, localPort, dstPort, this.network.headerLength);
    udp.write(view, at, localPort, dstPort, end - at, sum);
    const { typeOfService, dontFragment } = socket;
    if (path.cast === Cast.MULTICAST) {
      const { groupTtl: ttl, multicastLoopback: isLooped } = socket;
      this.network.outputToGroup(packet, path, ipv4.PROTOCOL_UDP, ttl, typeOfService, dontFragment, isLooped);
    } else {
      this.network.output(packet, path, ipv4.PROTOCOL_UDP, socket.unicastTtl, typeOfService, dontFragment);
    }
    this.counters[UdpCounter.sent]++;
    this.loop.wake();
  }

  private refuse(socket: BoundSocket, io: LinkIo): 'EAGAIN' {
    this.counters[UdpCounter.sendRefused]++;
    if (!socket.isWaiting) {
      socket.isWaiting = true;
      io.waitForRoom(socket);
    }
    this.loop.wake();
    return 'EAGAIN';
  }

  hasSent(view: DataView, networkAt: number, at: number): boolean {
    return this.senderOf(view, networkAt, at) !== undefined;
  }

  networkError(view: DataView, networkAt: number, at: number, { code, mtu }: NetworkError): void {
    const socket = this.senderOf(view, networkAt, at)!;
    const remoteAddress = format(ipv4.destination(view, networkAt));
    this.counters[UdpCounter.errors]++;
    const failure = { code, remoteAddress, remotePort: udp.dstPort(view, at) };
    this.guard(() => socket.fail(mtu > 0 ? { ...failure, mtu } : failure));
  }

  /** The socket that sends from and to where the datagram at `networkAt` was sent. */
  private senderOf(view: DataView, networkAt: number, at: number): BoundSocket | undefined {
    const [local, remote] = [ipv4.source(view, networkAt), ipv4.destination(view, networkAt)];
    return this.demux.find(local, udp.srcPort(view, at), remote, udp.dstPort(view, at));
  }

  guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.loop.raise(error);
    }
  }

  bind(socket: BoundSocket, port: number): void {
    const isFree = (candidate: number): boolean => this.demux.isFree(socket.boundAddress, candidate, socket.reusePort);
    if (port !== 0 && !isFree(port)) throw new SocketError('EADDRINUSE', 'bind', `port ${port} is taken`);
    const chosen = port !== 0 ? port : ephemeralPort(this.limits.ephemeralPorts, this.random, isFree);
    if (chosen === undefined) throw new SocketError('EADDRINUSE', 'bind', 'every ephemeral port is taken');
    socket.localPort = chosen;
    this.demux.bind(socket);
  }

  connect(socket: BoundSocket, path: Path, port: number): void {
    if (path.cast === Cast.BROADCAST && !socket.broadcast) {
      throw new SocketError('EACCES', 'connect', 'the address is a broadcast address; set socket.broadcast first');
    }
    const { local, remote } = path;
    if (this.demux.findConnected(local, socket.localPort, remote, port) !== undefined) {
      throw new SocketError(
        'EADDRINUSE',
        'connect',
        'another socket is connected between the same addresses and ports',
      );
    }
    socket.connectedAddress = remote;
    socket.connectedLocal = local;
    socket.remotePort = port;
    this.demux.connect(socket);
  }

  disconnect(socket: BoundSocket): void {
    this.demux.disconnect(socket);
    socket.connectedAddress = 0;
    socket.connectedLocal = 0;
    socket.remotePort = 0;
    this.demux.bind(socket);
  }

  forget(socket: BoundSocket): void {
    if (socket.remotePort !== 0) this.demux.disconnect(socket);
    else if (socket.localPort !== 0) this.demux.unbind(socket);
    this.sockets.delete(socket);
    this.loop.socketClosed();
  }

  findPath(path: Path, remote: string, local: string | undefined): SocketErrorCode | undefined {
    return this.network.findPath(path, remote, local);
  }

  isBindable(address: string): boolean {
    return this.network.isBindable(address);
  }

  isOwn(address: string): boolean {
    return this.network.isOwn(address);
  }

  pathMtu(path: Path): number {
    return this.network.revalidate(path) === undefined ? path.mtu : 0;
  }

  /** Why a datagram of `length` bytes, UDP header included, may not go that way. */
  private checkSend(socket: BoundSocket, path: Path, length: number): SocketErrorCode | undefined {
    const most = socket.dontFragment ? path.mtu - this.network.headerLength : this.network.maxPayload;
    if (length > most) return 'EMSGSIZE';
    if (path.cast === Cast.BROADCAST && !socket.broadcast) return 'EACCES';
    return path.link!.io.isUp ? undefined : 'ENETDOWN';
  }
}
