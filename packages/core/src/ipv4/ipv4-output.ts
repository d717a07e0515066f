import type { SocketErrorCode } from '../errors/socket-error.js';
import { Cast, type Packet } from '../link/packet.js';
import type { NetworkLayer } from '../network/network-layer.js';
import { NextHop, Reachability } from '../network/next-hop.js';
import { Path } from '../network/path.js';
import { KeyedHash } from '../table/keyed-hash.js';
import type { Random } from '../time/host.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import * as macAddress from '../wire/mac-address.js';
import type { Ipv4Address, Ipv4Interface, Ipv4Link } from './ipv4-interface.js';
import { RouteTable, type Route } from './routes.js';

/** 16,384 paths: 4,000 peers at once find one in eight taken by another. */
const CACHE_BITS = 14;
const IDENTIFICATION_BITS = 11;

/** IPv4 on the way down: routes, paths, the header. */
export class Ipv4Output implements NetworkLayer {
  readonly headerLength = ipv4.MIN_HEADER_LENGTH;
  readonly routes = new RouteTable();
  private readonly interfaces: Ipv4Interface[] = [];
  private readonly links: Ipv4Link[] = [];
  private readonly hash: KeyedHash;
  /** Paths back to peers, by a secret hash of both addresses; a newer one takes the place of an older one. */
  private readonly cache: (Path | undefined)[] = new Array<Path | undefined>(1 << CACHE_BITS).fill(undefined);
  private readonly cacheMultiplier: number;
  private readonly localMultiplier: number;
  /** Counters of identifications; each destination starts from an offset of its own (RFC 7739 section 5.3). */
  private readonly identifications = new Int32Array(1 << IDENTIFICATION_BITS);

  constructor(random: Random) {
    this.hash = new KeyedHash(() => random.int32());
    this.cacheMultiplier = random.int32() | 1;
    this.localMultiplier = random.int32() | 1;
    for (let i = 0; i < this.identifications.length; i++) this.identifications[i] = random.int32() & 0xffff;
  }

  /** Adds an interface and the link below it. */
  attach(iface: Ipv4Interface, link: Ipv4Link): void {
    this.interfaces[iface.index] = iface;
    this.links[iface.index] = link;
    link.setGroups(iface.groupList);
  }

  /** Gives an interface its addresses, and with them the routes to their networks. */
  setAddresses(iface: Ipv4Interface, addresses: readonly Ipv4Address[]): void {
    const gateways = this.routes.list().filter((route) => route.iface === iface && route.gateway !== 0);
    this.routes.removeInterface(iface);
    iface.setAddresses(addresses);
    for (const { address, prefixLength } of addresses) {
      this.routes.add({ prefix: address, prefixLength, gateway: 0, iface });
    }
    for (const route of gateways) this.routes.add(route);
    const all = this.interfaces.flatMap((own) => own.addressList.map(({ address }) => address));
    for (const own of this.interfaces) own.refuseSources(all);
  }

  /** Joins a multicast group on an interface, as often as it is left again. */
  joinGroup(iface: Ipv4Interface, group: number): void {
    if (iface.join(group)) this.links[iface.index].setGroups(iface.groupList);
  }

  /** Leaves a multicast group on an interface. */
  leaveGroup(iface: Ipv4Interface, group: number): void {
    if (iface.leave(group)) this.links[iface.index].setGroups(iface.groupList);
  }

  findPath(path: Path, remote: string, local?: string): SocketErrorCode | undefined {
    const remoteAddress = ipv4Address.parse(remote);
    const localAddress = local === undefined ? 0 : ipv4Address.parse(local);
    if (remoteAddress === undefined || localAddress === undefined) return 'EINVAL';
    return this.fill(path, remoteAddress, localAddress);
  }

  revalidate(path: Path): SocketErrorCode | undefined {
    if (path.generation === this.routes.generation && path.nextHop!.address === path.via) return undefined;
    return this.fill(path, path.remote, path.boundLocal);
  }

  pathBack(packet: Packet): Path | undefined {
    const remote = ipv4.source(packet.view, packet.networkAt);
    const local = packet.networkCast === Cast.UNICAST ? ipv4.destination(packet.view, packet.networkAt) : 0;
    // Secret multiplications are enough here: who finds colliding addresses gains a look-up more for each datagram.
    const slot =
      (Math.imul(remote, this.cacheMultiplier) + Math.imul(local, this.localMultiplier)) >>> (32 - CACHE_BITS);
    let path = this.cache[slot];
    if (path === undefined) {
      path = new Path();
      this.cache[slot] = path;
    } else if (
      path.remote === remote &&
      (path.local === local || local === 0) &&
      path.generation === this.routes.generation &&
      path.nextHop!.address === path.via
    ) {
      return path;
    }
    return this.fill(path, remote, local) === undefined ? path : undefined;
  }

  output(packet: Packet, path: Path, protocol: number, ttl: number, tos: number): void {
    const at = packet.at - ipv4.MIN_HEADER_LENGTH;
    const identification = this.nextIdentification(path);
    const { local, remote } = path;
    ipv4.write(packet.view, at, tos, packet.end - at, identification, 0, ttl, protocol, local, remote);
    packet.at = at;
    packet.networkAt = at;
    path.link!.output(packet, path.nextHop!);
  }

  isBindable(address: string): boolean {
    const parsed = ipv4Address.parse(address);
    if (parsed === undefined) return false;
    return ipv4Address.isMulticast(parsed) || this.interfaces.some((iface) => iface.castOf(parsed) !== undefined);
  }

  isFromUs(view: DataView, networkAt: number): boolean {
    const source = ipv4.source(view, networkAt);
    return this.interfaces.some((iface) => iface.owns(source));
  }

  isOwn(address: string): boolean {
    const parsed = ipv4Address.parse(address);
    return parsed !== undefined && this.interfaces.some((iface) => iface.owns(parsed));
  }

  private nextIdentification(path: Path): number {
    const slot = path.identificationOffset >>> (32 - IDENTIFICATION_BITS);
    const count = this.identifications[slot];
    this.identifications[slot] = (count + 1) & 0xffff;
    return (count + path.identificationOffset) & 0xffff;
  }

  /** Works out a path; leaves it unfilled (generation 0) if there is none. */
  private fill(path: Path, remote: number, local: number): SocketErrorCode | undefined {
    path.generation = 0;
    path.remote = remote;
    path.local = local;
    path.boundLocal = local;
    const isGroup = remote === ipv4Address.LIMITED_BROADCAST || ipv4Address.isMulticast(remote);
    // 127/8 never leaves a host (RFC 1122 section 3.2.1.3); 0/8 and 240/4 are nobody's.
    if (!isGroup && !ipv4Address.isHost(remote)) return 'ENETUNREACH';
    const route = isGroup ? this.groupRoute(remote, local) : this.routes.find(remote);
    if (route === undefined) return 'ENETUNREACH';
    const { iface } = route;
    if (local !== 0 && !this.interfaces.some((own) => own.owns(local))) return 'EADDRNOTAVAIL';
    // A station does not hear itself on its link: there is no loopback interface.
    if (iface.owns(remote)) return 'ENETUNREACH';
    const nextHop = this.nextHop(path, route);
    if (nextHop === undefined) return 'EHOSTUNREACH';
    path.local = local !== 0 ? local : iface.sourceFor(path.via);
    if (path.local === 0) return 'EADDRNOTAVAIL';
    path.addressSum = checksum.addWord(checksum.addWord(0, path.local), remote);
    path.mtu = iface.mtu;
    path.identificationOffset = this.hash.of(remote, path.local, -1);
    path.link = this.links[iface.index]!;
    path.nextHop = nextHop;
    path.generation = this.routes.generation;
    return undefined;
  }

  /** To groups and the limited broadcast address: by the interface of the source, or else the first one. */
  private groupRoute(remote: number, local: number): Route | undefined {
    const iface = this.interfaces.find((own) => (local === 0 ? own.primary !== 0 : own.owns(local)));
    return iface && { prefix: remote, prefixLength: 32, gateway: 0, iface };
  }

  /** Sets how and by whom `path.remote` is reached; undefined if the neighbour table has no room. */
  private nextHop(path: Path, route: Route): NextHop | undefined {
    const { remote } = path;
    path.via = route.gateway !== 0 ? route.gateway : remote;
    path.cast = Cast.UNICAST;
    if (ipv4Address.isMulticast(remote)) {
      path.cast = Cast.MULTICAST;
      return groupHop(remote, macAddress.IPV4_MULTICAST_HI, macAddress.ipv4MulticastLo(remote));
    }
    if (route.iface.isBroadcast(remote)) {
      path.cast = Cast.BROADCAST;
      return groupHop(remote, macAddress.BROADCAST_HI, macAddress.BROADCAST_LO);
    }
    return this.links[route.iface.index].neighbour(path.via);
  }
}

function groupHop(address: number, macHi: number, macLo: number): NextHop {
  const hop = new NextHop();
  hop.address = address;
  hop.reachability = Reachability.REACHABLE;
  hop.macHi = macHi;
  hop.macLo = macLo;
  return hop;
}
