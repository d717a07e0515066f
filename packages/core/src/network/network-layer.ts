import type { SocketErrorCode } from '../errors/socket-error.js';
import type { Packet } from '../link/packet.js';
import type { NetworkError } from './network-error.js';
import type { Path } from './path.js';

/** What the layers above need of IP, whatever its family. */
export interface NetworkLayer {
  /** Bytes of the IP header that {@link output} writes. */
  readonly headerLength: number;

  /**
   * Fills in `path` towards `remote` (in the family's text form), from `local` if that is given. A multicast group is
   * reached by interface `path.groupInterface` if that is set.
   *
   * @returns undefined, or why there is none: `EINVAL` (no address), `EADDRNOTAVAIL` (`local` is not ours),
   *   `ENETUNREACH` (no route), `EHOSTUNREACH` (no room for one more neighbour)
   */
  findPath(path: Path, remote: string, local?: string): SocketErrorCode | undefined;

  /** Makes sure that a path filled in earlier still holds; works it out again where it does not. */
  revalidate(path: Path): SocketErrorCode | undefined;

  /**
   * The path back to where a received datagram came from, out of the address that it was sent to (or one of ours, if
   * that was a broadcast or multicast address); undefined if there is none. Valid until the next call.
   */
  pathBack(packet: Packet): Path | undefined;

  /**
   * Starts a datagram with `length` bytes of payload (at most {@link maxPayload}) along a path that holds: `[at, end)`
   * of the cursor is to be filled and given to {@link output}. One that does not fit `path.mtu` is made in memory apart
   * and leaves in fragments.
   *
   * @returns undefined if there is no room now
   */
  begin(path: Path, length: number): Packet | undefined;

  /**
   * Most bytes of payload in a datagram whose TCP segments the path's device cuts up itself (`TX_TSO`, to be asked for in
   * `packet.flags`); 0 if it does not.
   */
  maxSegmented(path: Path): number;

  /** As {@link begin}, of a datagram of up to {@link maxSegmented} bytes of payload for the device to cut up; there is room. */
  beginSegmented(path: Path, length: number): Packet;

  /** Most bytes of payload in a datagram, in fragments or not. */
  readonly maxPayload: number;

  /**
   * Writes the IP header before `packet.at` and hands the datagram to the link; the buffer is taken. The packet comes
   * from {@link begin}, or is a received one, which fits `path.mtu`, and the link has room for it.
   *
   * @param packet the transport's segment is `[at, end)`
   * @param dontFragment no router on the way may cut it up; it fits `path.mtu`, or its segments do
   */
  output(packet: Packet, path: Path, protocol: number, ttl: number, tos: number, dontFragment?: boolean): void;

  /**
   * As {@link output}, to a multicast group.
   *
   * @param isLooped we ourselves hear it, too, if the group is joined on the interface that it leaves by
   */
  outputToGroup(
    packet: Packet,
    path: Path,
    protocol: number,
    ttl: number,
    tos: number,
    dontFragment: boolean,
    isLooped: boolean,
  ): void;

  /** What is sent by this path, to one station, gets no answer: the next hop is to be confirmed anew (RFC 1122 section 3.3.1.4). */
  doubt(path: Path): void;

  /** A router has said that nothing larger than `mtu` bytes gets to `remote`, and what it said was found credible. */
  reducePathMtu(remote: number, mtu: number): void;

  /**
   * A router has said that `gateway` is the better first hop to `remote`.
   *
   * @param router who said so
   * @returns false if that is not to be believed
   */
  followRedirect(remote: number, gateway: number, router: number): boolean;

  /** True if `address` (text) is one of ours, or one that a socket may be bound to for multicast or broadcast. */
  isBindable(address: string): boolean;

  /** True if the datagram whose header is at `networkAt` has one of our addresses as its source. */
  isFromUs(view: DataView, networkAt: number): boolean;

  /** True if `address` (text) is one of ours. */
  isOwn(address: string): boolean;
}

/** A transport, as ICMP and ARP see it: hears what became of the datagrams it sent. */
export interface ErrorReceiver {
  /**
   * True if somebody here may have sent the datagram that lies, or is quoted, at `networkAt`: what an error says of
   * one that nobody sent is not believed (RFC 5927 section 4.1).
   *
   * @param at its transport header, of which at least eight bytes are there
   */
  hasSent(view: DataView, networkAt: number, at: number): boolean;

  /**
   * A datagram of which {@link hasSent} is true came to nothing. With `EMSGSIZE` the path MTU is reduced already.
   *
   * @param view where the datagram, or what was quoted of it, lies
   * @param networkAt its IP header
   * @param at its transport header, of which at least eight bytes are there
   */
  networkError(view: DataView, networkAt: number, at: number, error: NetworkError): void;
}

/** ICMP, as those see it who have to refuse a datagram. */
export interface RefusalSender {
  /** Answers a received datagram with a port unreachable, if that is due (RFC 1122 section 3.2.2). */
  portUnreachable(packet: Packet): void;
  /** Answers a received datagram with a protocol unreachable, if that is due. */
  protocolUnreachable(packet: Packet): void;
}
