import type { SocketErrorCode } from '../errors/socket-error.js';
import type { SourceFilter } from './source-filter.js';

/** The IP layer, as those see it who join multicast groups. Groups are as the family has them (IPv4: signed 32 bits). */
export interface GroupPort {
  /** Number of the interface of that name; undefined if there is none. */
  interfaceNamed(name: string): number | undefined;
  /** Number of the interface by which datagrams to `group` leave if nothing else is said; undefined if there is none. */
  interfaceTo(group: number): number | undefined;
  /**
   * What `member` wants of a group on an interface from now on; {@link SourceFilter.NOTHING} if it leaves.
   *
   * @returns undefined, or `ENOBUFS` if the limits leave no room: then all is as before
   */
  setMembership(
    member: object,
    interfaceIndex: number,
    group: number,
    filter: SourceFilter,
  ): SocketErrorCode | undefined;
}
