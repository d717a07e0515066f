import { Cast } from '../link/packet.js';
import type { PathLink } from '../network/path.js';
import type { NextHop } from '../network/next-hop.js';
import { ALL_HOSTS, LIMITED_BROADCAST, isMulticast, mask } from '../wire/ipv4-address.js';

/** What IPv4 needs of the link below an interface. */
export interface Ipv4Link extends PathLink {
  /** The entry for a neighbour's address, made if there is none; undefined if there is no room for one. */
  neighbour(address: number): NextHop | undefined;
  /** Receives (or no longer receives) frames to the multicast group's link-layer address. */
  setGroups(groups: readonly number[]): void;
}

/** One of our addresses, signed 32 bits, with the length of its network's prefix. */
export interface Ipv4Address {
  readonly address: number;
  readonly prefixLength: number;
}

/** An interface as IPv4 knows it: its addresses, groups and MTU. */
export class Ipv4Interface {
  /** Our first address, the usual source; 0 if there is none. */
  primary = 0;
  private addresses: readonly Ipv4Address[] = [];
  private readonly groups = new Map<number, number>([[ALL_HOSTS, 1]]);

  /**
   * @param index number of the interface in the stack
   * @param mtu largest datagram, header included, in bytes
   */
  constructor(
    readonly index: number,
    readonly name: string,
    public mtu: number,
  ) {}

  /** Our addresses, the primary one first. */
  get addressList(): readonly Ipv4Address[] {
    return this.addresses;
  }

  /** @internal Through `Ipv4Output.setAddresses`, which keeps the routes in step. */
  setAddresses(addresses: readonly Ipv4Address[]): void {
    this.addresses = addresses;
    this.primary = addresses[0]?.address ?? 0;
  }

  /** True if `address` is ours. */
  owns(address: number): boolean {
    if (address === this.primary) return address !== 0;
    for (const own of this.addresses) if (own.address === address) return true;
    return false;
  }

  /** How a received datagram to `address` is addressed; undefined if it is not for us. */
  castOf(address: number): Cast | undefined {
    if (this.owns(address)) return Cast.UNICAST;
    if (isMulticast(address)) return this.groups.has(address) ? Cast.MULTICAST : undefined;
    return this.isBroadcast(address) ? Cast.BROADCAST : undefined;
  }

  /** True for 255.255.255.255 and the directed broadcast of each of our networks (RFC 919, RFC 1122 section 3.2.1.3). */
  isBroadcast(address: number): boolean {
    if (address === LIMITED_BROADCAST) return true;
    for (const own of this.addresses) {
      const hostBits = ~mask(own.prefixLength);
      // Networks of one or two addresses (/32, /31) have no broadcast address (RFC 3021).
      if (own.prefixLength < 31 && ((address ^ own.address) & ~hostBits) === 0 && (address & hostBits) === hostBits) {
        return true;
      }
    }
    return false;
  }

  /** Our address to speak to `destination` from: the one whose network holds it, else the primary one. */
  sourceFor(destination: number): number {
    for (const own of this.addresses) {
      if (((destination ^ own.address) & mask(own.prefixLength)) === 0) return own.address;
    }
    return this.primary;
  }

  /** Joins a multicast group once more; true if that is the first time. */
  join(group: number): boolean {
    const times = this.groups.get(group) ?? 0;
    this.groups.set(group, times + 1);
    return times === 0;
  }

  /** Leaves a group once; true if nobody is left in it. */
  leave(group: number): boolean {
    const times = this.groups.get(group) ?? 0;
    if (times > 1) {
      this.groups.set(group, times - 1);
      return false;
    }
    return this.groups.delete(group);
  }

  /** The groups joined. */
  get groupList(): number[] {
    return [...this.groups.keys()];
  }
}
