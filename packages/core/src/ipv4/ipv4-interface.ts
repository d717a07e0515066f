import { Cast, type Packet } from '../link/packet.js';
import type { PathLink } from '../network/path.js';
import type { NextHop } from '../network/next-hop.js';
import { ALL_HOSTS, LIMITED_BROADCAST, isHost, isMulticast, mask } from '../wire/ipv4-address.js';

/** What IPv4 needs of the link below an interface. */
export interface Ipv4Link extends PathLink {
  /** The entry for a neighbour's address, made if there is none; undefined if there is no room for one. */
  neighbour(address: number): NextHop | undefined;
  /** What is sent to a neighbour of {@link neighbour} gets no answer: it is to be confirmed anew. */
  doubt(nextHop: NextHop): void;
  /** Receives (or no longer receives) frames to the multicast group's link-layer address. */
  setGroups(groups: ReadonlySet<number>): void;
}

/** The link to ourselves. */
export interface LoopLink extends Ipv4Link {
  /** Sends the datagram `[packet.at, packet.end)` to ourselves as if interface `index` received it; the buffer is taken. */
  outputAs(packet: Packet, index: number): void;
}

/** One of our addresses, signed 32 bits, with the length of its network's prefix. */
export interface Ipv4Address {
  readonly address: number;
  readonly prefixLength: number;
  /** It may not be used yet: it is being probed (RFC 5227). */
  readonly isTentative?: boolean | undefined;
}

/** One of our addresses, with what is worked out of it once. */
class OwnAddress {
  readonly mask: number;
  /** The network's directed broadcast address (RFC 919); 0 where there is none: /31 and /32 (RFC 3021). */
  readonly broadcast: number;

  constructor(
    readonly address: number,
    prefixLength: number,
  ) {
    this.mask = mask(prefixLength);
    this.broadcast = prefixLength < 31 ? address | ~this.mask : 0;
  }
}

/** An interface as IPv4 knows it: its addresses, groups and MTU. */
export class Ipv4Interface {
  /** Our first address that may be used, the usual source; 0 if there is none. */
  primary = 0;
  private given: readonly Ipv4Address[] = [];
  /** Those that may be used. */
  private own: readonly OwnAddress[] = [];
  /** Of all of them, usable or not. */
  private networks: readonly OwnAddress[] = [];
  /** Every address of the stack, and the broadcast addresses here. */
  private refusedSources: readonly number[] = [];
  /** How what is received here for us is addressed, by its destination; groups apart. */
  private readonly casts = new Map<number, Cast>([[LIMITED_BROADCAST, Cast.BROADCAST]]);
  /** The multicast groups joined; all hosts always are (RFC 1112 section 4). */
  readonly groups = new Set<number>([ALL_HOSTS]);

  /**
   * @param index number of the interface in the stack
   * @param mtu largest datagram, header included, in bytes
   */
  constructor(
    readonly index: number,
    readonly name: string,
    public mtu: number,
    /** It leads to ourselves. */
    readonly isLoopback = false,
  ) {}

  /** Its link carries frames. */
  isUp = true;

  /** Our addresses, the primary one first, those too that may not be used yet. */
  get addressList(): readonly Ipv4Address[] {
    return this.given;
  }

  /** @internal Through `Ipv4Output.setAddresses`, which keeps the routes in step. */
  setAddresses(addresses: readonly Ipv4Address[]): void {
    this.given = addresses;
    this.networks = addresses.map(({ address, prefixLength }) => new OwnAddress(address, prefixLength));
    this.own = this.networks.filter((_, i) => addresses[i].isTentative !== true);
    this.primary = this.own[0]?.address ?? 0;
  }

  /** True if `address` is ours and may be used. */
  owns(address: number): boolean {
    const { own } = this;
    for (let i = 0; i < own.length; i++) if (own[i].address === address) return true;
    return false;
  }

  /** How a received datagram to `address` is addressed; undefined if it is not for us. */
  castOf(address: number): Cast | undefined {
    if (isMulticast(address)) return this.groups.has(address) ? Cast.MULTICAST : undefined;
    return this.casts.get(address);
  }

  /** True for 255.255.255.255 and the directed broadcast of each of our networks (RFC 919, RFC 1122 section 3.2.1.3). */
  isBroadcast(address: number): boolean {
    return this.casts.get(address) === Cast.BROADCAST;
  }

  /** True if another host may have `address`: it is neither ours nor a broadcast address here. */
  isOther(address: number): boolean {
    const { refusedSources } = this;
    for (let i = 0; i < refusedSources.length; i++) if (refusedSources[i] === address) return false;
    return isHost(address);
  }

  /** @internal `addresses` are those of the whole stack; `isStrong`: a datagram to those of other interfaces is not for us. */
  know(addresses: readonly number[], isStrong: boolean): void {
    const broadcasts = this.own.map(({ broadcast }) => broadcast).filter((broadcast) => broadcast !== 0);
    const accepted = isStrong ? this.own.map(({ address }) => address) : addresses;
    this.refusedSources = [...addresses, ...broadcasts];
    this.casts.clear();
    for (const broadcast of [...broadcasts, LIMITED_BROADCAST]) this.casts.set(broadcast, Cast.BROADCAST);
    for (const address of accepted) this.casts.set(address, Cast.UNICAST);
  }

  /** Our address to speak to `destination` from: the one whose network holds it, else the primary one. */
  sourceFor(destination: number): number {
    for (const { address, mask: bits } of this.own) {
      if (((destination ^ address) & bits) === 0) return address;
    }
    return this.primary;
  }

  /** True if both addresses are on one network of ours. */
  isOnSameNetwork(one: number, other: number): boolean {
    return this.networks.some(
      ({ address, mask: bits }) => ((one ^ address) & bits) === 0 && ((other ^ address) & bits) === 0,
    );
  }
}
