import { SocketError } from '../errors/socket-error.js';
import { isHost, isMulticast, parse } from '../wire/ipv4-address.js';
import { BoundSocket } from './bound-socket.js';
import { checkInteger } from './check-integer.js';
import { SendPaths } from './send-paths.js';
import { SocketGroups } from './socket-groups.js';
import type { UdpPort } from './udp-port.js';

/** Where a group is joined, and from whom it is to be heard. */
export interface UdpGroupOptions {
  /** Name of the interface; not given: the one by which datagrams to the group leave, or where it was joined first. */
  readonly interface?: string | undefined;
  /** Hear the group from this source only, and from others that are joined so (source-specific multicast, RFC 4607). */
  readonly source?: string | undefined;
}

/**
 * The multicast half of a UDP socket. A socket hears a group only where it has joined it itself: that another socket of
 * the stack has done so changes nothing for it (on Linux: IP_MULTICAST_ALL off).
 */
export abstract class GroupSocket extends BoundSocket {
  protected readonly paths: SendPaths;
  private readonly groups: SocketGroups;
  private interfaceText: string | undefined = undefined;

  constructor(protected readonly udp: UdpPort) {
    super();
    this.paths = new SendPaths(udp);
    this.groups = new SocketGroups(this, udp.groups);
  }

  /** TTL of what is sent to multicast groups, 1..255; 1 if nothing else is said (RFC 1112 section 6.1). */
  get multicastTtl(): number {
    return this.groupTtl;
  }

  set multicastTtl(ttl: number) {
    this.groupTtl = checkInteger('multicastTtl', ttl, 1, 255);
  }

  /**
   * Name of the interface that datagrams to multicast groups leave by; undefined: that of the source or of a route to
   * the group, or the first one. Of a connected socket it counts from the next `connect`.
   *
   * @throws SocketError `ENODEV`
   */
  get multicastInterface(): string | undefined {
    return this.interfaceText;
  }

  set multicastInterface(name: string | undefined) {
    this.paths.groupInterface = name === undefined ? -1 : this.interfaceNamed('multicastInterface', name);
    this.interfaceText = name;
  }

  /**
   * Joins a multicast group on an interface: what is sent there to the port that the socket is bound to reaches it, and
   * the routers are told (IGMP). Joined with a source the socket hears that one only, and those joined later.
   *
   * @throws SocketError `EINVAL` (no group or source, or joined for all sources already), `ENODEV` (no such interface),
   *   `EADDRINUSE` (joined already), `ENOBUFS` (more than the limits allow), `EBADF`
   */
  joinGroup(group: string, options: UdpGroupOptions = {}): void {
    const address = this.checkGroup('joinGroup', group);
    const index = this.interfaceOf('joinGroup', options.interface) ?? this.udp.groups.interfaceTo(address);
    if (index === undefined) throw new SocketError('ENODEV', 'joinGroup', 'there is no interface with an address yet');
    if (options.source === undefined) this.groups.join(index, address);
    else this.groups.joinSource(index, address, checkSource('joinGroup', options.source));
  }

  /**
   * Leaves a multicast group; with a source, for that one only.
   *
   * @throws SocketError `EADDRNOTAVAIL` (not joined there), `EINVAL`, `ENODEV`, `EBADF`
   */
  leaveGroup(group: string, options: UdpGroupOptions = {}): void {
    const address = this.checkGroup('leaveGroup', group);
    const index = this.interfaceOf('leaveGroup', options.interface);
    if (options.source === undefined) this.groups.leave(index, address);
    else this.groups.leaveSource(index, address, checkSource('leaveGroup', options.source));
  }

  /**
   * Hears one source of a group no longer that was joined for all.
   *
   * @throws SocketError `EADDRNOTAVAIL` (not joined there, or blocked already), `EINVAL`, `ENODEV`, `ENOBUFS`, `EBADF`
   */
  blockSource(group: string, source: string, options: Pick<UdpGroupOptions, 'interface'> = {}): void {
    this.setBlocked('blockSource', group, source, options.interface, true);
  }

  /** Takes back {@link blockSource}. @throws SocketError as there */
  unblockSource(group: string, source: string, options: Pick<UdpGroupOptions, 'interface'> = {}): void {
    this.setBlocked('unblockSource', group, source, options.interface, false);
  }

  hears(interfaceIndex: number, group: number, source: number): boolean {
    return this.groups.admits(interfaceIndex, group, source);
  }

  /** Leaves all groups: the socket closes. */
  protected leaveGroups(): void {
    this.groups.leaveAll();
  }

  private setBlocked(syscall: string, group: string, source: string, name: string | undefined, on: boolean): void {
    const address = this.checkGroup(syscall, group);
    this.groups.block(syscall, this.interfaceOf(syscall, name), address, checkSource(syscall, source), on);
  }

  private checkGroup(syscall: string, text: string): number {
    if (this.isClosed) throw new SocketError('EBADF', syscall, 'the socket is closed');
    const group = parse(text);
    if (group !== undefined && isMulticast(group)) return group;
    throw new SocketError('EINVAL', syscall, `'${text}' is no multicast group (224.0.0.0 to 239.255.255.255)`);
  }

  private interfaceOf(syscall: string, name: string | undefined): number | undefined {
    return name === undefined ? undefined : this.interfaceNamed(syscall, name);
  }

  private interfaceNamed(syscall: string, name: string): number {
    const index = this.udp.groups.interfaceNamed(name);
    if (index === undefined) throw new SocketError('ENODEV', syscall, `there is no interface '${name}'`);
    return index;
  }
}

function checkSource(syscall: string, text: string): number {
  const source = parse(text);
  if (source !== undefined && isHost(source)) return source;
  throw new SocketError('EINVAL', syscall, `'${text}' is no address that a source may have`);
}
