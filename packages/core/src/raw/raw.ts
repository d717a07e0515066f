import { LunettaError } from '../errors/lunetta-error.js';
import { SocketError, type SocketErrorCode } from '../errors/socket-error.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, type Packet } from '../link/packet.js';
import type { LoopPort } from '../network/loop-port.js';
import type { NetworkLayer } from '../network/network-layer.js';
import { Path } from '../network/path.js';
import { HEADER_LENGTH, TAG_LENGTH } from '../wire/ethernet.js';
import type { RawLimits } from './raw-limits.js';
import { FrameSocket, ProtocolSocket, type RawSocket } from './raw-socket.js';

/** Two tags fit beside the MTU (IEEE 802.1ad). */
const LINK_OVERHEAD = HEADER_LENGTH + 2 * TAG_LENGTH;

/** What raw sockets need to know of interfaces. */
export interface RawInterfaces {
  nameOf(index: number): string;
  /** The link and MTU of an interface with a port of its own. */
  linkOf(name: string): { readonly io: LinkIo; readonly mtu: number } | undefined;
}

/** Raw sockets: IP protocols by their number, and whole frames by their ethertype. */
export class Raw {
  /** True while there is a socket of a protocol; else nothing looks further. */
  hearsProtocols = false;
  /** True while there is a socket of frames; else nothing looks further. */
  hearsFrames = false;
  private protocolSockets: ProtocolSocket[] = [];
  private frameSockets: FrameSocket[] = [];
  private readonly path = new Path();
  private isClosed = false;

  constructor(
    private readonly network: NetworkLayer,
    private readonly loop: LoopPort,
    private readonly interfaces: RawInterfaces,
    private readonly limits: RawLimits,
  ) {}

  /**
   * Opens a socket of a protocol above IP, by its number: it gets a copy of every datagram of that protocol for us,
   * fragments put together. What the stack itself does with it stays as it is; a protocol that it does not speak is no
   * longer refused.
   *
   * @throws SocketError `EINVAL`, `ENOBUFS`; LunettaError if the stack is closed
   */
  openProtocol(protocol: number): ProtocolSocket {
    if (!(Number.isInteger(protocol) && protocol >= 0 && protocol <= 255)) {
      throw new SocketError('EINVAL', 'socket', `${protocol} is no protocol number from 0 to 255`);
    }
    this.checkOpen();
    const send = this.sendDatagram.bind(this);
    const socket = new ProtocolSocket(protocol, this.limits.receiveBufferSize, (closed) => this.forget(closed), send);
    this.protocolSockets = [...this.protocolSockets, socket];
    this.hearsProtocols = true;
    this.loop.socketOpened();
    return socket;
  }

  /**
   * Opens a socket of frames: it gets a copy of every frame to us, to broadcast and to groups joined here. Of a tagged
   * frame the ethertype is that behind the tags of the VLANs that there are here; one of another VLAN is heard by its tag's.
   *
   * @param ethertype such as 0x88cc; not given: all
   * @throws SocketError `EINVAL`, `ENOBUFS`; LunettaError if the stack is closed
   */
  openFrames(ethertype?: number): FrameSocket {
    if (ethertype !== undefined && !(Number.isInteger(ethertype) && ethertype >= 0 && ethertype <= 0xffff)) {
      throw new SocketError('EINVAL', 'socket', `${ethertype} is no ethertype`);
    }
    this.checkOpen();
    const send = this.sendFrame.bind(this);
    const socket = new FrameSocket(ethertype, this.limits.receiveBufferSize, (closed) => this.forget(closed), send);
    this.frameSockets = [...this.frameSockets, socket];
    this.hearsFrames = true;
    this.loop.socketOpened();
    return socket;
  }

  /** Closes every socket, for good: the stack closes. */
  close(): void {
    this.isClosed = true;
    for (const socket of [...this.protocolSockets, ...this.frameSockets]) socket.close();
  }

  /** Shows the datagram at `packet.networkAt` to the sockets of its protocol; true if one of them took it. */
  inputDatagram(packet: Packet, protocol: number): boolean {
    let isTaken = false;
    for (const socket of this.protocolSockets) {
      if (socket.protocol === protocol) isTaken = this.show(socket, packet, packet.networkAt) || isTaken;
    }
    return isTaken;
  }

  /** Shows the frame at `packet.at` to the sockets of its ethertype; true if one of them took it. */
  inputFrame(packet: Packet, ethertype: number, interfaceIndex: number): boolean {
    packet.interfaceIndex = interfaceIndex;
    let isTaken = false;
    for (const socket of this.frameSockets) {
      const isMeant = socket.ethertype === undefined || socket.ethertype === ethertype;
      if (isMeant) isTaken = this.show(socket, packet, packet.at) || isTaken;
    }
    return isTaken;
  }

  private show(socket: RawSocket, { memory, end, interfaceIndex }: Packet, at: number): boolean {
    if (socket.isClosed) return false; // by the callback before it
    try {
      return socket.deliver(memory.bytes, at, end, this.interfaces.nameOf(interfaceIndex));
    } catch (error) {
      this.loop.raise(error);
      return true;
    }
  }

  private sendDatagram(
    socket: ProtocolSocket,
    payload: Uint8Array,
    address: string,
    from?: string,
  ): SocketErrorCode | undefined {
    const { network, path } = this;
    this.loop.enter();
    const error = network.findPath(path, address, from);
    if (error !== undefined) return error;
    if (path.cast === Cast.BROADCAST) return 'EACCES';
    if (!path.link!.io.isUp) return 'ENETDOWN';
    const most = socket.dontFragment ? path.mtu - network.headerLength : network.maxPayload;
    if (payload.length > most) return 'EMSGSIZE';
    const packet = network.begin(path, payload.length);
    if (packet === undefined) return 'EAGAIN';
    packet.memory.bytes.set(payload, packet.at);
    const { protocol, ttl, tos, dontFragment, multicastTtl, multicastLoopback } = socket;
    if (path.cast === Cast.MULTICAST) {
      network.outputToGroup(packet, path, protocol, multicastTtl, tos, dontFragment, multicastLoopback);
    } else {
      network.output(packet, path, protocol, ttl, tos, dontFragment);
    }
    this.loop.wake();
    return undefined;
  }

  private sendFrame(frame: Uint8Array, interfaceName: string): SocketErrorCode | undefined {
    const link = this.interfaces.linkOf(interfaceName);
    if (link === undefined || frame.length < HEADER_LENGTH) return 'EINVAL';
    const { io, mtu } = link;
    if (frame.length > mtu + LINK_OVERHEAD || frame.length > io.txCapacityBytes) return 'EMSGSIZE';
    if (!io.isUp) return 'ENETDOWN';
    if (!io.hasRoom) return 'EAGAIN';
    this.loop.enter();
    const packet = io.outgoing;
    packet.begin(frame.length);
    packet.memory.bytes.set(frame, packet.at);
    io.counters[LinkCounter.txAccepted]++;
    io.transmit(packet, packet.at);
    this.loop.wake();
    return undefined;
  }

  private checkOpen(): void {
    if (this.isClosed) throw new LunettaError('LUNETTA_ERR_CLOSED', 'the stack is closed; make a new one');
    const { maxSockets } = this.limits;
    if (this.protocolSockets.length + this.frameSockets.length < maxSockets) return;
    throw new SocketError('ENOBUFS', 'socket', `${maxSockets} are open; the setting is raw.maxSockets`);
  }

  private forget(socket: RawSocket): void {
    this.protocolSockets = this.protocolSockets.filter((other) => other !== socket);
    this.frameSockets = this.frameSockets.filter((other) => other !== socket);
    this.hearsProtocols = this.protocolSockets.length > 0;
    this.hearsFrames = this.frameSockets.length > 0;
    this.loop.socketClosed();
  }
}
