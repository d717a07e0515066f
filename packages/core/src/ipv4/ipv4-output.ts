import type { SocketErrorCode } from '../errors/socket-error.js';
import { Cast, type Packet } from '../link/packet.js';
import type { NetworkLayer } from '../network/network-layer.js';
import type { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import { Fragmenter } from './fragmenter.js';
import { Identifications } from './identifications.js';
import type { InterfaceTable } from './interface-table.js';
import type { Ipv4Address, Ipv4Interface } from './ipv4-interface.js';
import { PathCache } from './path-cache.js';
import { PathFinder } from './path-finder.js';
import type { PathMtuCache } from './path-mtu-cache.js';
import type { RouteTable } from './routes.js';

/** IPv4 on the way down: paths, the header, fragments. */
export class Ipv4Output implements NetworkLayer {
  readonly headerLength = ipv4.MIN_HEADER_LENGTH;
  readonly maxPayload = ipv4.MAX_TOTAL_LENGTH - ipv4.MIN_HEADER_LENGTH;
  readonly fragmenter = new Fragmenter();
  private readonly finder: PathFinder;
  private readonly pathsBack: PathCache;
  private readonly identifications: Identifications;

  constructor(
    readonly interfaces: InterfaceTable,
    readonly routes: RouteTable,
    readonly pathMtu: PathMtuCache,
    random: Random,
  ) {
    this.finder = new PathFinder(interfaces, routes, pathMtu, random);
    this.pathsBack = new PathCache(random);
    this.identifications = new Identifications(random);
  }

  /** Gives an interface its addresses, and with them the routes to their networks. */
  setAddresses(iface: Ipv4Interface, addresses: readonly Ipv4Address[]): void {
    const gateways = this.routes.list().filter((route) => route.iface === iface && route.gateway !== 0);
    this.routes.removeInterface(iface);
    this.interfaces.setAddresses(iface, addresses);
    for (const { address, prefixLength } of addresses) {
      this.routes.add({ prefix: address, prefixLength, gateway: 0, iface });
    }
    for (const route of gateways) this.routes.add(route);
  }

  /** Joins a multicast group on an interface, as often as it is left again. */
  joinGroup(iface: Ipv4Interface, group: number): void {
    if (iface.join(group)) this.interfaces.linkOf(iface).setGroups(iface.groupList);
  }

  /** Leaves a multicast group on an interface. */
  leaveGroup(iface: Ipv4Interface, group: number): void {
    if (iface.leave(group)) this.interfaces.linkOf(iface).setGroups(iface.groupList);
  }

  findPath(path: Path, remote: string, local?: string): SocketErrorCode | undefined {
    const remoteAddress = ipv4Address.parse(remote);
    const localAddress = local === undefined ? 0 : ipv4Address.parse(local);
    if (remoteAddress === undefined || localAddress === undefined) return 'EINVAL';
    return this.finder.fill(path, remoteAddress, localAddress);
  }

  revalidate(path: Path): SocketErrorCode | undefined {
    if (this.finder.holds(path)) return undefined;
    return this.finder.fill(path, path.remote, path.boundLocal);
  }

  pathBack(packet: Packet): Path | undefined {
    const remote = ipv4.source(packet.view, packet.networkAt);
    const local = packet.networkCast === Cast.UNICAST ? ipv4.destination(packet.view, packet.networkAt) : 0;
    const path = this.pathsBack.at(remote, local);
    if (path.remote === remote && (path.local === local || local === 0) && this.finder.holds(path)) return path;
    return this.finder.fill(path, remote, local) === undefined ? path : undefined;
  }

  begin(path: Path, length: number): Packet | undefined {
    const link = path.link!;
    if (length + ipv4.MIN_HEADER_LENGTH > path.mtu) return this.fragmenter.begin(link, length);
    if (!link.io.hasRoom) return undefined;
    const packet = link.io.outgoing;
    packet.begin(length);
    return packet;
  }

  output(packet: Packet, path: Path, protocol: number, ttl: number, tos: number, dontFragment = false): void {
    const at = packet.at - ipv4.MIN_HEADER_LENGTH;
    const identification = this.identifications.next(path.identificationOffset);
    const { local, remote } = path;
    const totalLength = packet.end - at;
    const fragmentWord = dontFragment ? ipv4.DONT_FRAGMENT : 0;
    ipv4.write(packet.view, at, tos, totalLength, identification, fragmentWord, ttl, protocol, local, remote);
    packet.at = at;
    packet.networkAt = at;
    if (totalLength > path.mtu) return this.fragmenter.send(path.link!, path.nextHop!, path.mtu);
    path.link!.output(packet, path.nextHop!);
  }

  reducePathMtu(remote: number, mtu: number): void {
    this.pathMtu.reduce(remote, mtu);
  }

  isBindable(address: string): boolean {
    const parsed = ipv4Address.parse(address);
    if (parsed === undefined) return false;
    if (ipv4Address.isMulticast(parsed) || this.interfaces.isOwn(parsed)) return true;
    return this.interfaces.all.some((iface) => iface.isBroadcast(parsed));
  }

  isFromUs(view: DataView, networkAt: number): boolean {
    return this.interfaces.isOwn(ipv4.source(view, networkAt));
  }

  isOwn(address: string): boolean {
    const parsed = ipv4Address.parse(address);
    return parsed !== undefined && this.interfaces.isOwn(parsed);
  }
}
