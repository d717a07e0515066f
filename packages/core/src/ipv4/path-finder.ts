import type { SocketErrorCode } from '../errors/socket-error.js';
import { Cast } from '../link/packet.js';
import { NextHop, Reachability } from '../network/next-hop.js';
import type { Path } from '../network/path.js';
import { KeyedHash } from '../table/keyed-hash.js';
import type { Random } from '../time/host.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import * as macAddress from '../wire/mac-address.js';
import type { InterfaceTable } from './interface-table.js';
import type { Ipv4Interface } from './ipv4-interface.js';
import type { PathMtuCache } from './path-mtu-cache.js';
import type { Redirects } from './redirects.js';
import type { RouteTable } from './routes/route-table.js';
import type { Route } from './routes/route.js';

/** Works out ways: by which interface, to which station on the link, from which address, how much at a time. */
export class PathFinder {
  private readonly hash: KeyedHash;

  constructor(
    private readonly interfaces: InterfaceTable,
    private readonly routes: RouteTable,
    private readonly pathMtu: PathMtuCache,
    private readonly redirects: Redirects,
    random: Random,
  ) {
    this.hash = new KeyedHash(() => random.int32());
  }

  /** True if a path filled in earlier still holds. */
  holds(path: Path): boolean {
    return path.generation === this.routes.generation && path.nextHop!.address === path.via;
  }

  /**
   * Works out the path to `remote`; leaves it unfilled (generation 0) if there is none.
   *
   * @param local the source; 0: the one that suits
   */
  fill(path: Path, remote: number, local: number): SocketErrorCode | undefined {
    path.generation = 0;
    path.remote = remote;
    path.local = local;
    path.boundLocal = local;
    const { interfaces } = this;
    if (local !== 0 && !interfaces.isOwn(local)) return 'EADDRNOTAVAIL';
    if (interfaces.isOwn(remote)) return this.fillToOurselves(path);
    const isGroup = remote === ipv4Address.LIMITED_BROADCAST || ipv4Address.isMulticast(remote);
    // What has a source of 127/8 never leaves a host (RFC 1122 section 3.2.1.3); 0/8 and 240/4 are nobody's.
    if (ipv4Address.isLoopback(local) || (!isGroup && !ipv4Address.isHost(remote))) return 'ENETUNREACH';
    const route = isGroup ? this.groupRoute(remote, local, path.groupInterface) : this.routeTo(remote, local);
    if (route === undefined) return 'ENETUNREACH';
    const { iface } = route;
    path.via = route.gateway !== 0 ? (this.redirects.gatewayTo(remote) ?? route.gateway) : remote;
    const nextHop = this.nextHop(path, iface);
    if (nextHop === undefined) return 'EHOSTUNREACH';
    const source = local !== 0 ? local : (route.source ?? 0);
    return this.finish(path, iface, nextHop, source !== 0 ? source : iface.sourceFor(path.via));
  }

  /** To one of our own addresses: by the loopback interface, from that very address if no other is wanted. */
  private fillToOurselves(path: Path): SocketErrorCode | undefined {
    const { iface, link } = this.interfaces.openedLoopback();
    path.via = path.remote;
    path.cast = Cast.UNICAST;
    const nextHop = link.neighbour(path.remote)!; // there is always one
    return this.finish(path, iface, nextHop, path.boundLocal !== 0 ? path.boundLocal : path.remote);
  }

  private finish(path: Path, iface: Ipv4Interface, nextHop: NextHop, local: number): SocketErrorCode | undefined {
    if (local === 0) return 'EADDRNOTAVAIL';
    const { remote } = path;
    path.local = local;
    path.addressSum = checksum.addWord(checksum.addWord(0, local), remote);
    path.mtu = this.pathMtu.mtuTo(remote, iface.mtu);
    path.linkMtu = iface.mtu;
    path.interfaceIndex = iface.index;
    path.identificationOffset = this.hash.of(remote, local, -1);
    path.link = this.interfaces.linkOf(iface);
    path.nextHop = nextHop;
    path.generation = this.routes.generation;
    return undefined;
  }

  /** A strong host sends by the interface that has the source (RFC 1122 section 3.3.4.2). */
  private routeTo(remote: number, local: number): Route | undefined {
    const owner = local !== 0 && this.interfaces.isStrong ? this.interfaces.ownerOf(local) : undefined;
    const route = this.routes.find(remote);
    if (owner === undefined || route === undefined || route.iface === owner) return route;
    return this.routes.findVia(remote, owner);
  }

  /**
   * The interface by which datagrams to a group, or to the limited broadcast address, leave: that of the source or of a
   * route for them, or the first one with an address, be it still probed.
   */
  interfaceTo(remote: number, local = 0): Ipv4Interface | undefined {
    const chosen = local !== 0 ? this.interfaces.ownerOf(local) : this.routes.findSpecific(remote)?.iface;
    return chosen ?? this.interfaces.all.find((own) => own.addressList.length > 0 && !own.isLoopback);
  }

  private groupRoute(remote: number, local: number, groupInterface: number): Route | undefined {
    const isChosen = groupInterface >= 0 && ipv4Address.isMulticast(remote);
    const iface = isChosen ? this.interfaces.at(groupInterface) : this.interfaceTo(remote, local);
    return iface && { prefix: remote, prefixLength: 32, gateway: 0, iface };
  }

  /** By whom `path.via` is reached; undefined if the neighbour table has no room. */
  private nextHop(path: Path, iface: Ipv4Interface): NextHop | undefined {
    const { remote } = path;
    path.cast = Cast.UNICAST;
    if (ipv4Address.isMulticast(remote)) {
      path.cast = Cast.MULTICAST;
      return multicastHop(remote);
    }
    if (iface.isBroadcast(remote)) {
      path.cast = Cast.BROADCAST;
      return groupHop(remote, macAddress.BROADCAST_HI, macAddress.BROADCAST_LO);
    }
    return this.interfaces.linkOf(iface).neighbour(path.via);
  }
}

/** The station that stands for a multicast group. */
export function multicastHop(group: number): NextHop {
  return groupHop(group, macAddress.IPV4_MULTICAST_HI, macAddress.ipv4MulticastLo(group));
}

function groupHop(address: number, macHi: number, macLo: number): NextHop {
  const hop = new NextHop();
  hop.address = address;
  hop.reachability = Reachability.REACHABLE;
  hop.macHi = macHi;
  hop.macLo = macLo;
  return hop;
}
