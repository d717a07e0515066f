import type { SocketErrorCode } from '../errors/socket-error.js';
import type { IgmpLimits } from '../igmp/igmp-limits.js';
import type { Igmp } from '../igmp/igmp.js';
import type { GroupPort } from '../network/group-port.js';
import type { LoopPort } from '../network/loop-port.js';
import { mergedFilter, SourceFilter } from '../network/source-filter.js';
import { ALL_HOSTS, format } from '../wire/ipv4-address.js';
import type { Ipv4Interface } from './ipv4-interface.js';
import type { Ipv4Output } from './ipv4-output.js';

/** A multicast group that is joined on an interface. */
export interface GroupInfo {
  /** Name of the interface. */
  readonly interface: string;
  readonly group: string;
  /** Whether all sources but {@link sources} are wanted, or those only, by all members together. */
  readonly mode: 'exclude' | 'include';
  readonly sources: readonly string[];
  /** How many have joined: sockets, and the stack itself for raw sockets. */
  readonly members: number;
}

/** Who has joined a group on an interface, and what each wants. */
type Members = Map<object, SourceFilter>;

/** Who has joined which multicast groups on which interface: keeps the link's filter and IGMP in step with it. */
export class Memberships implements GroupPort {
  /** By the interfaces' numbers, and by group. */
  private readonly byInterface: (Map<number, Members> | undefined)[] = [];
  /** How often {@link join} was called for those who are no sockets; the member is the interface itself. */
  private readonly joins = new Map<Ipv4Interface, Map<number, number>>();

  constructor(
    private readonly output: Ipv4Output,
    private readonly igmp: Igmp,
    private readonly loop: Pick<LoopPort, 'enter' | 'wake'>,
    private readonly limits: IgmpLimits,
  ) {}

  /** Number of groups joined, those of each interface counted, all hosts not. */
  get size(): number {
    return this.output.interfaces.all.reduce((sum, { groups }) => sum + groups.size - 1, 0);
  }

  /** What is joined on each interface; all hosts only where somebody has joined it. */
  list(): GroupInfo[] {
    return this.output.interfaces.all.flatMap(({ index, name }) =>
      Array.from(this.byInterface[index] ?? [], ([group, members]) => {
        const { isExclude, sources } = mergedFilter([...members.values()]);
        const mode = isExclude ? 'exclude' : 'include';
        return {
          interface: name,
          group: format(group),
          mode,
          sources: [...sources].map(format),
          members: members.size,
        };
      }),
    );
  }

  interfaceNamed(name: string): number | undefined {
    return this.output.interfaces.named(name)?.index;
  }

  interfaceTo(group: number): number | undefined {
    return this.output.finder.interfaceTo(group)?.index;
  }

  setMembership(
    member: object,
    interfaceIndex: number,
    group: number,
    filter: SourceFilter,
  ): SocketErrorCode | undefined {
    const groups = (this.byInterface[interfaceIndex] ??= new Map<number, Members>());
    const members: Members = groups.get(group) ?? new Map<object, SourceFilter>();
    if (filter.sources.size > this.limits.maxSources) return 'ENOBUFS';
    if (members.size === 0 && groups.size >= this.limits.maxGroups) return 'ENOBUFS';
    if (filter.isNothing) members.delete(member);
    else members.set(member, filter);
    if (members.size === 0) groups.delete(group);
    else groups.set(group, members);
    this.loop.enter();
    this.apply(this.output.interfaces.at(interfaceIndex), group, [...members.values()]);
    this.loop.wake();
    return undefined;
  }

  /** Joins a group on an interface for who is no socket, as often as it is left again. */
  join(iface: Ipv4Interface, group: number): SocketErrorCode | undefined {
    const counts = this.joins.get(iface) ?? new Map<number, number>();
    const error = this.setMembership(iface, iface.index, group, SourceFilter.ALL);
    if (error === undefined) this.joins.set(iface, counts.set(group, (counts.get(group) ?? 0) + 1));
    return error;
  }

  /** Takes back one {@link join}. */
  leave(iface: Ipv4Interface, group: number): void {
    const counts = this.joins.get(iface);
    const times = counts?.get(group) ?? 0;
    if (times > 1) counts!.set(group, times - 1);
    else if (counts?.delete(group) === true) this.setMembership(iface, iface.index, group, SourceFilter.NOTHING);
  }

  /** Brings the link's filter and what the routers know in step with what is wanted of a group. */
  private apply(iface: Ipv4Interface, group: number, filters: readonly SourceFilter[]): void {
    const { groups } = iface;
    const isJoined = filters.length > 0 || group === ALL_HOSTS;
    if (isJoined !== groups.has(group)) {
      if (isJoined) groups.add(group);
      else groups.delete(group);
      this.output.interfaces.linkOf(iface).setGroups(groups);
    }
    if (iface.isLoopback) return;
    const wanted = mergedFilter(filters);
    this.igmp.changed(iface.index, group, wanted.sources.size > this.limits.maxSources ? SourceFilter.ALL : wanted);
  }
}
