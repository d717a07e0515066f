import type { SocketErrorCode } from '../errors/socket-error.js';
import type { Drainable } from '../link/link-io.js';
import type { Datagram } from './datagram.js';

/** An error that came for a socket from the network (RFC 1122 section 4.1.3.3). */
export interface UdpNetworkError {
  /** `ECONNREFUSED`, `EHOSTUNREACH`, `ENETUNREACH`, `EMSGSIZE`, `EPROTO`. */
  readonly code: SocketErrorCode;
  /** Where the datagram had been sent to. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** With `EMSGSIZE`: the path MTU now, IP header included, in bytes. */
  readonly mtu?: number;
}

/** A socket as UDP's tables and its packet path know it. Addresses are signed 32 bits. */
export abstract class BoundSocket implements Drainable {
  /** The port it is bound to; 0 before. */
  localPort = 0;
  /** The port it is connected to; 0 if it is not. */
  remotePort = 0;
  /** @internal 0: any. */
  boundAddress = 0;
  /** @internal 0: not connected. */
  connectedAddress = 0;
  /** @internal Our address of the connection. */
  connectedLocal = 0;
  /** @internal It shares address and port with others. */
  reusePort = false;
  /** @internal A send was refused, and `drain` is due. */
  isWaiting = false;
  /** @internal */
  isClosed = false;
  /** Permission to send to broadcast addresses. */
  broadcast = false;
  /**
   * No router may cut up what is sent: what is larger than the path MTU is refused with `EMSGSIZE`. Without it larger
   * datagrams leave in fragments.
   */
  dontFragment = false;
  /** @internal See the setters of `UdpSocket`. */
  unicastTtl = 64;
  /** @internal */
  groupTtl = 1;
  /** @internal */
  typeOfService = 0;
  /** We ourselves hear what is sent to a group that is joined on the interface that it leaves by. */
  multicastLoopback = true;

  /** @internal Shows it a datagram; false if its queue is full. May throw what the application throws. */
  abstract deliver(datagram: Datagram): boolean;
  /** @internal Tells it of an error from the network. May throw what the application throws. */
  abstract fail(error: UdpNetworkError): void;
  /** @internal True if it has joined a multicast group on an interface and wants to hear `source` there. */
  abstract hears(interfaceIndex: number, group: number, source: number): boolean;
  /** Ends the socket. */
  abstract close(): void;
  /** @internal There is room for sending again. */
  abstract drain(): void;
}
