import type { SocketErrorCode } from '../errors/socket-error.js';
import { TX_TSO } from '../link/descriptor.js';
import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, type Packet } from '../link/packet.js';
import type { NetworkLayer } from '../network/network-layer.js';
import type { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import { Fragmenter } from './fragmenter.js';
import { GroupLoop } from './group-loop.js';
import { Identifications } from './identifications.js';
import type { InterfaceTable } from './interface-table.js';
import { Verdict, type PacketFilter } from './filter/packet-filter.js';
import type { Ipv4Settings } from './ipv4-settings.js';
import type { Ipv4Address, Ipv4Interface } from './ipv4-interface.js';
import { PathCache } from './path-cache.js';
import { PathFinder, multicastHop } from './path-finder.js';
import type { PathMtuCache } from './path-mtu-cache.js';
import type { Redirects } from './redirects.js';
import type { RouteTable } from './routes/route-table.js';

/** IPv4 on the way down: paths, the header, fragments. */
export class Ipv4Output implements NetworkLayer {
  readonly headerLength = ipv4.MIN_HEADER_LENGTH;
  readonly maxPayload = ipv4.MAX_TOTAL_LENGTH - ipv4.MIN_HEADER_LENGTH;
  readonly fragmenter = new Fragmenter();
  readonly finder: PathFinder;
  private readonly groupLoop: GroupLoop;
  private readonly pathsBack: PathCache;
  private readonly identifications: Identifications;

  constructor(
    readonly interfaces: InterfaceTable,
    readonly routes: RouteTable,
    private readonly pathMtu: PathMtuCache,
    private readonly redirects: Redirects,
    private readonly filter: PacketFilter,
    private readonly settings: Ipv4Settings,
    random: Random,
  ) {
    this.finder = new PathFinder(interfaces, routes, pathMtu, redirects, random);
    this.groupLoop = new GroupLoop(interfaces);
    this.pathsBack = new PathCache(random);
    this.identifications = new Identifications(random);
  }

  /** Ends what is under way: the stack closes. */
  close(): void {
    this.fragmenter.close();
    this.groupLoop.close();
  }

  /** Gives an interface its addresses, and with them the routes to their networks. */
  setAddresses(iface: Ipv4Interface, addresses: readonly Ipv4Address[]): void {
    this.routes.removeInterface(iface, ({ isConnected = false }) => isConnected);
    this.interfaces.setAddresses(iface, addresses);
    for (const { address, prefixLength } of addresses) {
      this.routes.add({ prefix: address, prefixLength, gateway: 0, iface, isConnected: true });
    }
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
    if (this.finder.holds(path)) return path;
    return this.finder.fill(path, remote, local) === undefined ? path : undefined;
  }

  /** The path of a datagram that is passed on to `remote`, or why there is none. Valid until the next call. */
  forwardPath(remote: number): Path | SocketErrorCode {
    const path = this.pathsBack.at(remote, 0);
    if (this.finder.holds(path)) return path;
    return this.finder.fill(path, remote, 0) ?? path;
  }

  begin(path: Path, length: number): Packet | undefined {
    const link = path.link!;
    if (length + ipv4.MIN_HEADER_LENGTH > path.mtu) return this.fragmenter.begin(link, length);
    if (!link.io.hasRoom) return undefined;
    const packet = link.io.outgoing;
    packet.begin(length);
    return packet;
  }

  maxSegmented(path: Path): number {
    const { io } = path.link!;
    if ((io.offloads & TX_TSO) === 0) return 0;
    return Math.min(this.maxPayload, io.txCapacityBytes);
  }

  beginSegmented(path: Path, length: number): Packet {
    const { outgoing } = path.link!.io;
    outgoing.begin(length);
    return outgoing;
  }

  output(packet: Packet, path: Path, protocol: number, ttl: number, tos: number, dontFragment = false): void {
    if (this.finish(packet, path, protocol, ttl, tos, dontFragment)) this.leave(packet, path);
  }

  outputToGroup(
    packet: Packet,
    path: Path,
    protocol: number,
    ttl: number,
    tos: number,
    dontFragment: boolean,
    isLooped: boolean,
  ): void {
    if (!this.finish(packet, path, protocol, ttl, tos, dontFragment)) return;
    if (isLooped && this.interfaces.at(path.interfaceIndex).groups.has(path.remote)) {
      this.groupLoop.copy(packet, path.interfaceIndex);
    }
    this.leave(packet, path);
  }

  /** Sends a message of `protocol` to a group, `packet.at` at its payload, with TTL 1 and router alert; the buffer is taken. */
  outputAlerted(packet: Packet, iface: Ipv4Interface, protocol: number, group: number): void {
    const source = iface.sourceFor(group);
    const at = packet.at - ipv4.ALERTED_HEADER_LENGTH;
    const identification = this.identifications.next(0);
    ipv4.writeAlerted(packet.view, at, packet.end - at, identification, protocol, source, group);
    packet.networkAt = at;
    const link = this.interfaces.linkOf(iface);
    if (this.filter.output !== null && this.isFiltered(packet, iface.index, link.io)) return;
    packet.at = at;
    link.output(packet, multicastHop(group));
  }

  /** Writes the IP header before `packet.at`; false if a filter has dropped the datagram. */
  private finish(
    packet: Packet,
    path: Path,
    protocol: number,
    ttl: number,
    tos: number,
    dontFragment: boolean,
  ): boolean {
    const at = packet.at - ipv4.MIN_HEADER_LENGTH;
    const identification = this.identifications.next(path.identificationOffset);
    const { local, remote } = path;
    const fragmentWord = dontFragment ? ipv4.DONT_FRAGMENT : 0;
    ipv4.write(packet.view, at, tos, packet.end - at, identification, fragmentWord, ttl, protocol, local, remote);
    packet.networkAt = at;
    if (this.filter.output !== null && this.isFiltered(packet, path.interfaceIndex, path.link!.io)) return false;
    packet.at = at;
    return true;
  }

  /** Hands a finished datagram to its link, in fragments if it is larger than what gets there. */
  private leave(packet: Packet, path: Path): void {
    const isTooLong = packet.end - packet.at > path.mtu && (packet.flags & TX_TSO) === 0;
    if (isTooLong) this.fragmenter.send(path.link!, path.nextHop!, path.mtu);
    else path.link!.output(packet, path.nextHop!);
  }

  /** Drops a datagram that a filter does not let out, `packet.at` at its payload. */
  private isFiltered(packet: Packet, interfaceIndex: number, io: LinkIo): boolean {
    if (this.filter.judgeOutput(packet, interfaceIndex) === Verdict.PASS) return false;
    io.counters[LinkCounter.txAccepted]++;
    io.txDrops[DropReason['filter.output']]++;
    if (packet.handle >= 0) io.release(packet.takeHandle());
    return true;
  }

  followRedirect(remote: number, gateway: number, router: number): boolean {
    const path = this.forwardPath(remote);
    if (!this.settings.acceptRedirects || this.interfaces.isForwarding || typeof path === 'string') return false;
    // Only from the router in use, and only to another host on the same link (RFC 1122 section 3.2.2.2).
    const iface = this.interfaces.at(path.interfaceIndex);
    if (path.via !== router || gateway === router || !iface.isOther(gateway)) return false;
    if (!iface.isOnSameNetwork(router, gateway) || iface.isBroadcast(gateway)) return false;
    this.redirects.follow(remote, gateway);
    return true;
  }

  doubt({ interfaceIndex, nextHop }: Path): void {
    if (nextHop !== null) this.interfaces.linkOf(this.interfaces.at(interfaceIndex)).doubt(nextHop);
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
