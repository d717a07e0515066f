import { SocketError } from '../errors/socket-error.js';
import type { GroupPort } from '../network/group-port.js';
import { SourceFilter } from '../network/source-filter.js';

/** A group that a socket has joined on an interface. */
interface Membership {
  readonly interfaceIndex: number;
  filter: SourceFilter;
}

/** The groups that a socket has joined, and from whom it wants to hear there. Addresses are signed 32 bits. */
export class SocketGroups {
  private readonly byGroup = new Map<number, Membership[]>();

  /**
   * @param member who has joined
   * @param port who takes it in
   */
  constructor(
    private readonly member: object,
    private readonly port: Pick<GroupPort, 'setMembership'>,
  ) {}

  /** True if what `source` sends to a group is wanted by this interface. */
  admits(interfaceIndex: number, group: number, source: number): boolean {
    return this.find(group, interfaceIndex)?.filter.admits(source) === true;
  }

  /** Joins a group for all sources. @throws SocketError */
  join(interfaceIndex: number, group: number): void {
    if (this.find(group, interfaceIndex) !== undefined) {
      throw new SocketError('EADDRINUSE', 'joinGroup', 'the socket has joined the group on that interface already');
    }
    this.set('joinGroup', group, { interfaceIndex, filter: SourceFilter.NOTHING }, SourceFilter.ALL);
  }

  /** Joins a group for one more source. @throws SocketError */
  joinSource(interfaceIndex: number, group: number, source: number): void {
    const membership = this.find(group, interfaceIndex) ?? { interfaceIndex, filter: SourceFilter.NOTHING };
    const { filter } = membership;
    if (filter.isExclude) {
      throw new SocketError(
        'EINVAL',
        'joinGroup',
        'the socket has joined the group for all sources; leaveGroup() first',
      );
    }
    if (filter.admits(source)) {
      throw new SocketError('EADDRINUSE', 'joinGroup', 'the socket has joined the group for that source already');
    }
    this.set('joinGroup', group, membership, filter.with(source));
  }

  /** Leaves a group, whatever its sources. @throws SocketError */
  leave(interfaceIndex: number | undefined, group: number): void {
    const membership = this.joined('leaveGroup', group, interfaceIndex);
    this.set('leaveGroup', group, membership, SourceFilter.NOTHING);
  }

  /** Leaves a group for one of the sources for which it was joined. @throws SocketError */
  leaveSource(interfaceIndex: number | undefined, group: number, source: number): void {
    const membership = this.joined('leaveGroup', group, interfaceIndex);
    const { filter } = membership;
    if (filter.isExclude || !filter.admits(source)) {
      throw new SocketError('EADDRNOTAVAIL', 'leaveGroup', 'the socket has not joined the group for that source');
    }
    this.set('leaveGroup', group, membership, filter.without(source));
  }

  /** Hears a source no longer, or again, of a group that was joined for all. @throws SocketError */
  block(syscall: string, interfaceIndex: number | undefined, group: number, source: number, isBlocked: boolean): void {
    const membership = this.joined(syscall, group, interfaceIndex);
    const { filter } = membership;
    if (!filter.isExclude) {
      throw new SocketError('EINVAL', syscall, 'the socket has joined the group for some sources only');
    }
    if (filter.admits(source) !== isBlocked) {
      throw new SocketError('EADDRNOTAVAIL', syscall, `the source is ${isBlocked ? '' : 'not '}blocked already`);
    }
    this.set(syscall, group, membership, isBlocked ? filter.with(source) : filter.without(source));
  }

  /** Leaves all: the socket closes. */
  leaveAll(): void {
    for (const group of [...this.byGroup.keys()]) {
      while (this.byGroup.has(group)) this.leave(undefined, group);
    }
  }

  private set(syscall: string, group: number, membership: Membership, filter: SourceFilter): void {
    const error = this.port.setMembership(this.member, membership.interfaceIndex, group, filter);
    if (error !== undefined) {
      throw new SocketError(
        error,
        syscall,
        'too many groups or sources; the settings are igmp.maxGroups and maxSources',
      );
    }
    membership.filter = filter;
    const others = (this.byGroup.get(group) ?? []).filter((other) => other !== membership);
    const now = filter.isNothing ? others : [...others, membership];
    if (now.length > 0) this.byGroup.set(group, now);
    else this.byGroup.delete(group);
  }

  private find(group: number, interfaceIndex: number): Membership | undefined {
    return this.byGroup.get(group)?.find((membership) => membership.interfaceIndex === interfaceIndex);
  }

  /** The membership on an interface, or the first one if none is named. @throws SocketError */
  private joined(syscall: string, group: number, interfaceIndex: number | undefined): Membership {
    const membership = interfaceIndex === undefined ? this.byGroup.get(group)?.[0] : this.find(group, interfaceIndex);
    if (membership !== undefined) return membership;
    throw new SocketError('EADDRNOTAVAIL', syscall, 'the socket has not joined the group there');
  }
}
