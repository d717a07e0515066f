import type { SocketErrorCode } from '../errors/socket-error.js';
import type { FrameMemory } from '../link/frame-memory.js';
import type { Packet } from '../link/packet.js';
import * as ipv4 from '../wire/ipv4.js';
import { format } from '../wire/ipv4-address.js';
import { MIN_HEADER_LENGTH } from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import { ReceivedDatagram } from './received-datagram.js';
import { RetainedDatagram } from './retained-datagram.js';
import type { UdpSocket } from './udp-socket.js';

/** What a datagram needs of UDP to be answered. */
export interface ReplyPort {
  /** See {@link Datagram.reply}. */
  reply(datagram: Datagram, length: number): SocketErrorCode | undefined;
}

/**
 * A received datagram, shown to {@link UdpSocket.onDatagram}. There is one object for all: it and the bytes it shows
 * are valid until the callback returns. To keep more, take a {@link copy} or {@link retain} the buffer.
 */
export class Datagram {
  /** Where the payload lies; it may be changed in place. */
  memory!: FrameMemory;
  /** Byte offset of the payload in `memory`. */
  offset = 0;
  /** Length of the payload in bytes. */
  length = 0;
  /** The sender's port; 0 if it wants no answer. */
  remotePort = 0;
  /** The port that it was sent to. */
  localPort = 0;
  /** @internal The frame it lies in. */
  packet!: Packet;
  /** @internal The socket that is shown it. */
  socket!: UdpSocket;
  /** @internal False once the callback has returned. */
  isLive = false;
  /** @internal True while other sockets are still to see it. */
  isShared = false;

  constructor(private readonly port: ReplyPort) {}

  /** @internal Points it at the checked UDP datagram at `packet.at`. */
  load(packet: Packet, socket: UdpSocket): void {
    const { view, at } = packet;
    // Storing a pointer costs a write barrier: most datagrams of a burst are on the same link, for the same socket.
    if (this.packet !== packet || this.memory !== packet.memory) {
      this.packet = packet;
      this.memory = packet.memory;
    }
    if (this.socket !== socket) this.socket = socket;
    this.offset = at + udp.HEADER_LENGTH;
    this.length = packet.end - this.offset;
    this.remotePort = udp.srcPort(view, at);
    this.localPort = udp.dstPort(view, at);
    this.isLive = true;
  }

  /** The payload as a view of the frame's bytes, valid until the callback returns. Makes an object (20 ns). */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.offset, this.length);
  }

  /** The sender's address. */
  get remoteAddress(): string {
    return format(ipv4.source(this.packet.view, this.packet.networkAt));
  }

  /** The address that it was sent to: ours, or a broadcast or multicast address. */
  get localAddress(): string {
    return format(ipv4.destination(this.packet.view, this.packet.networkAt));
  }

  /** Number of the interface that it came in by. */
  get interfaceIndex(): number {
    return this.packet.link.index;
  }

  /** The TTL with which it arrived. */
  get ttl(): number {
    return ipv4.ttl(this.packet.view, this.packet.networkAt);
  }

  /** DSCP and ECN, the TOS of old. */
  get tos(): number {
    return ipv4.tos(this.packet.view, this.packet.networkAt);
  }

  /** A view of the IP options that came with it, empty if there are none; valid until the callback returns. */
  get ipOptions(): Uint8Array {
    const optionsAt = this.packet.networkAt + MIN_HEADER_LENGTH;
    return new Uint8Array(this.memory.buffer, optionsAt, this.packet.at - optionsAt);
  }

  /** The largest `length` that {@link reply} can send from the datagram's own buffer. */
  get replyCapacity(): number {
    const { handle } = this.packet;
    return handle < 0 ? this.length : this.memory.bufferAt(handle) + this.memory.bufferSize - this.offset;
  }

  /**
   * Sends the bytes `[offset, offset + length)` back to the sender, from the address and port that the datagram was
   * sent to, in the same buffer: nothing is copied. The answer is written over the payload first, if it differs.
   *
   * @param length bytes to send; the datagram's own length if not given
   * @returns undefined if it was accepted, else why not, as {@link UdpSocket.send} says
   */
  reply(length = this.length): SocketErrorCode | undefined {
    if (!this.isLive) return 'EBADF';
    return this.port.reply(this, length);
  }

  /** A copy of the payload and all about it, the application's own for as long as it likes. */
  copy(): ReceivedDatagram {
    return new ReceivedDatagram(this);
  }

  /**
   * Keeps the buffer, with no copy, until {@link RetainedDatagram.release}.
   *
   * @returns undefined if as many buffers are kept as the link can spare, or if the datagram is shown to other sockets
   *   too or was answered in place: then take a {@link copy}
   */
  retain(): RetainedDatagram | undefined {
    if (!this.isLive || this.isShared || this.packet.handle < 0 || !this.packet.link.hold()) return undefined;
    return new RetainedDatagram(this, this.packet.takeHandle());
  }
}
