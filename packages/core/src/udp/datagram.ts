import type { SocketErrorCode } from '../errors/socket-error.js';
import { RX_L4_CHECKSUM_GOOD } from '../link/descriptor.js';
import type { FrameMemory } from '../link/frame-memory.js';
import type { Packet } from '../link/packet.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import { AddressText } from '../network/address-text.js';
import type { ReceivedDatagram } from './received-datagram.js';
import { RetainedDatagram } from './retained-datagram.js';

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
  /** @internal See {@link offset}. */
  payloadAt = 0;
  /** Length of the payload in bytes. */
  length = 0;
  /** The sender's port; 0 if it wants no answer. */
  remotePort = 0;
  /** The port that it was sent to. */
  localPort = 0;
  /** The TTL with which it arrived. */
  ttl = 0;
  /** DSCP and ECN, the TOS of old. */
  tos = 0;
  /** @internal The sender's address, signed 32 bits. */
  remote = 0;
  /** @internal The address it was sent to, signed 32 bits. */
  local = 0;
  /** @internal The frame it lies in. */
  packet!: Packet;
  /** @internal False once the callback has returned. */
  isLive = false;
  /** @internal True while other sockets are to see it too. */
  isShared = false;
  /** @internal The checksum it came with, to be found right here; 0 if the sender made none or the device vouches for it. */
  checksum = 0;
  /** @internal The application may have changed the payload: it knows where it lies. */
  isTouched = false;
  /** @internal Its headers were written over by an answer in place. */
  isAnswered = false;
  private readonly text = new AddressText();

  constructor(private readonly port: ReplyPort) {}

  /** @internal Points it at the UDP datagram at `packet.at`, whose lengths are checked. */
  load(packet: Packet): void {
    const { view, at, networkAt } = packet;
    // Storing a pointer costs a write barrier, and most datagrams of a burst lie in the same memory.
    if (this.packet !== packet || this.memory !== packet.memory) {
      this.packet = packet;
      this.memory = packet.memory;
    }
    this.payloadAt = at + udp.HEADER_LENGTH;
    this.length = packet.end - this.payloadAt;
    this.remotePort = udp.srcPort(view, at);
    this.localPort = udp.dstPort(view, at);
    // Read now: an answer in place is written over them.
    this.ttl = ipv4.ttl(view, networkAt);
    this.tos = ipv4.tos(view, networkAt);
    this.remote = ipv4.source(view, networkAt);
    this.local = ipv4.destination(view, networkAt);
    // One that the device vouches for may be unfinished: a local sender leaves it to hardware that never sees it.
    this.checksum = (packet.flags & RX_L4_CHECKSUM_GOOD) === 0 ? udp.checksumField(view, at) : 0;
    this.isTouched = false;
    this.isAnswered = false;
  }

  /** Byte offset of the payload in `memory`. */
  get offset(): number {
    this.isTouched = true;
    return this.payloadAt;
  }

  /** The payload as a view of the frame's bytes, valid until the callback returns. Makes an object (20 ns). */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.offset, this.length);
  }

  /** The sender's address. */
  get remoteAddress(): string {
    return this.text.of(this.remote);
  }

  /** The address that it was sent to: ours, or a broadcast or multicast address. */
  get localAddress(): string {
    return this.text.of(this.local);
  }

  /** Number of the interface that it came in by. */
  get interfaceIndex(): number {
    return this.packet.interfaceIndex;
  }

  /** A view of the IP options that came with it, empty if there are none; valid until {@link reply}. */
  get ipOptions(): Uint8Array {
    if (this.isAnswered) return new Uint8Array(0);
    const optionsAt = this.packet.networkAt + ipv4.MIN_HEADER_LENGTH;
    return new Uint8Array(this.memory.buffer, optionsAt, this.payloadAt - udp.HEADER_LENGTH - optionsAt);
  }

  /** The largest `length` that {@link reply} can send out of the datagram's own buffer. */
  get replyCapacity(): number {
    const { handle } = this.packet;
    return handle < 0 ? this.length : this.memory.bufferAt(handle) + this.memory.bufferSize - this.payloadAt;
  }

  /** @internal True if an answer of `length` bytes can be sent out of the datagram's own buffer. */
  fits(length: number): boolean {
    return Number.isInteger(length) && length >= 0 && length <= this.replyCapacity;
  }

  /**
   * Sends the bytes `[offset, offset + length)` back to the sender, from the address and port that the datagram was
   * sent to, in the same buffer: nothing is copied. An answer that differs is written over the payload first; after
   * it the bytes are the link's, not to be changed any more. A second call sends a copy of them.
   *
   * @param length bytes to send, at most {@link replyCapacity}; the datagram's own length if not given
   * @returns undefined if it was accepted, else why not, as {@link UdpSocket.send} says
   */
  reply(length = this.length): SocketErrorCode | undefined {
    if (!this.isLive) return 'EBADF';
    return this.port.reply(this, length);
  }

  /** A copy of the payload and all about it, the application's own for as long as it likes. */
  copy(): ReceivedDatagram {
    return {
      bytes: this.memory.bytes.slice(this.payloadAt, this.payloadAt + this.length),
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      localAddress: this.localAddress,
      localPort: this.localPort,
      interfaceIndex: this.interfaceIndex,
      ttl: this.ttl,
      tos: this.tos,
    };
  }

  /**
   * Keeps the buffer, with no copy, until {@link RetainedDatagram.release}.
   *
   * @returns undefined if as many buffers are kept as the link can spare, or if the datagram is shown to other sockets
   *   too or was answered in place: then take a {@link copy}
   */
  retain(): RetainedDatagram | undefined {
    const { packet } = this;
    if (!this.isLive || this.isShared || packet.handle < 0 || !packet.link.hold()) return undefined;
    const { offset, length, remoteAddress, remotePort } = this;
    return new RetainedDatagram(packet.link, packet.takeHandle(), offset, length, remoteAddress, remotePort);
  }
}
