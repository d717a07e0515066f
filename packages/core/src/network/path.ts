import { Cast, type Packet } from '../link/packet.js';
import type { LinkIo } from '../link/link-io.js';
import type { NextHop } from './next-hop.js';

/** The link as IP sees it: takes datagrams for a station. */
export interface PathLink {
  readonly io: LinkIo;
  /** Sends the datagram `[packet.at, packet.end)` to `nextHop`; the buffer is taken. */
  output(packet: Packet, nextHop: NextHop): void;
}

/**
 * The way from one of our addresses to a remote one, worked out by the IP layer once and kept by those who send there
 * often: sockets, and the IP layer's own cache. {@link NetworkLayer.revalidate} makes sure that it still holds.
 */
export class Path {
  /** Where to; as the family has it (IPv4: signed 32 bits). */
  remote = 0;
  /** Our address: the source of what is sent. */
  local = 0;
  /** The source that was asked for; 0: any of ours. */
  boundLocal = 0;
  /** Number of the interface to leave by if `remote` is a multicast group; -1: the one that suits. */
  groupInterface = -1;
  /** Partial checksum over both addresses, for pseudo-headers. */
  addressSum = 0;
  /** How `remote` is addressed. */
  cast: Cast = Cast.UNICAST;
  /** The address to resolve on the link: the remote's, or the gateway's. */
  via = 0;
  /** The path MTU: the largest datagram that gets there as far as we know, IP header included, in bytes. */
  mtu = 0;
  /** The largest datagram that the link takes, in bytes. */
  linkMtu = 0;
  /** Number of the interface to leave by. */
  interfaceIndex = 0;
  /** What this was made from: see `RouteTable.generation`; 0 in a path never filled in. */
  generation = 0;
  /** Secret number to start the identifications of this way from. */
  identificationOffset = 0;
  /** The link to leave by; null in a path never filled in. */
  link: PathLink | null = null;
  /** The station to hand the datagram to; null in a path never filled in. */
  nextHop: NextHop | null = null;

  /** Becomes the same way as `other`, for who keeps one that others will change. */
  assign(other: Path): void {
    this.remote = other.remote;
    this.local = other.local;
    this.boundLocal = other.local;
    this.groupInterface = other.groupInterface;
    this.addressSum = other.addressSum;
    this.cast = other.cast;
    this.via = other.via;
    this.mtu = other.mtu;
    this.linkMtu = other.linkMtu;
    this.interfaceIndex = other.interfaceIndex;
    this.generation = other.generation;
    this.identificationOffset = other.identificationOffset;
    this.link = other.link;
    this.nextHop = other.nextHop;
  }
}
