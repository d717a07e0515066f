import type { SocketErrorCode } from '../errors/socket-error.js';
import { BoundedQueue } from './bounded-queue.js';

/** What comes to a raw socket: a copy, the application's own. */
export interface RawPacket {
  /** Of an IP protocol: the datagram with its IP header. Of frames: the frame from its destination address on. */
  readonly bytes: Uint8Array;
  /** Name of the interface that it came in by. */
  readonly interface: string;
}

/** A raw socket: sees what comes, beside the stack itself. */
export abstract class RawSocket {
  /** Called with each packet, from the poll loop; without it they wait for {@link receive}. */
  onPacket: ((packet: RawPacket) => void) | undefined = undefined;
  /** Packets lost because the queue for {@link receive} was full. */
  lost = 0;
  /** @internal */
  isClosed = false;
  private readonly queue: BoundedQueue<RawPacket>;

  /** @internal */
  constructor(
    receiveBufferSize: number,
    private readonly forget: (socket: RawSocket) => void,
  ) {
    this.queue = new BoundedQueue(receiveBufferSize);
  }

  /** The oldest packet in the queue; undefined if there is none. */
  receive(): RawPacket | undefined {
    return this.queue.shift();
  }

  /** Ends the socket; idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.forget(this);
  }

  /** @internal Shows it a packet of `[at, end)`; false if its queue is full. May throw what the application throws. */
  deliver(memory: Uint8Array, at: number, end: number, interfaceName: string): boolean {
    const { onPacket } = this;
    if (onPacket === undefined && !this.queue.hasRoom(end - at)) {
      this.lost++;
      return false;
    }
    const packet = { bytes: memory.slice(at, end), interface: interfaceName };
    if (onPacket === undefined) this.queue.push(packet);
    else onPacket(packet);
    return true;
  }
}

/** What a {@link ProtocolSocket} needs to send. */
export type SendDatagram = (
  socket: ProtocolSocket,
  payload: Uint8Array,
  address: string,
  from?: string,
) => SocketErrorCode | undefined;

/** A raw socket of one protocol above IP. */
export class ProtocolSocket extends RawSocket {
  /** TTL of what is sent, 1..255. */
  ttl = 64;
  /** TTL of what is sent to multicast groups, 1..255 (RFC 1112 section 6.1). */
  multicastTtl = 1;
  /** We ourselves hear what is sent to a group that is joined on the interface that it leaves by. */
  multicastLoopback = true;
  /** DSCP and ECN of what is sent, 0..255. */
  tos = 0;
  /** No router may cut up what is sent. */
  dontFragment = false;

  /** @internal Through `Raw.openProtocol`. */
  constructor(
    /** The protocol's number (IANA). */
    readonly protocol: number,
    receiveBufferSize: number,
    forget: (socket: RawSocket) => void,
    private readonly output: SendDatagram,
  ) {
    super(receiveBufferSize, forget);
  }

  /**
   * Sends a datagram with `payload` behind its IP header, which the stack makes.
   *
   * @param from the source, one of our addresses; not given: the one that suits
   * @returns undefined if it was accepted; else why not, as of `UdpSocket.send`
   */
  send(payload: Uint8Array, address: string, from?: string): SocketErrorCode | undefined {
    return this.isClosed ? 'EBADF' : this.output(this, payload, address, from);
  }
}

/** What a {@link FrameSocket} needs to send. */
export type SendFrame = (frame: Uint8Array, interfaceName: string) => SocketErrorCode | undefined;

/** A raw socket of whole Ethernet frames. */
export class FrameSocket extends RawSocket {
  /** @internal Through `Raw.openFrames`. */
  constructor(
    /** The ethertype it hears; undefined: all. */
    readonly ethertype: number | undefined,
    receiveBufferSize: number,
    forget: (socket: RawSocket) => void,
    private readonly output: SendFrame,
  ) {
    super(receiveBufferSize, forget);
  }

  /**
   * Sends a frame as it is, from its destination address on, by an interface with a port of its own.
   *
   * @returns undefined if it was accepted; else `EINVAL` (no such interface, or no frame), `EMSGSIZE`, `EAGAIN`,
   *   `ENETDOWN`, `EBADF`
   */
  send(frame: Uint8Array, interfaceName: string): SocketErrorCode | undefined {
    return this.isClosed ? 'EBADF' : this.output(frame, interfaceName);
  }
}
