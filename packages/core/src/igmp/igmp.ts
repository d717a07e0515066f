import { DropReason } from '../link/drop-reason.js';
import type { Packet } from '../link/packet.js';
import type { SourceFilter } from '../network/source-filter.js';
import * as checksum from '../wire/checksum.js';
import * as igmp from '../wire/igmp.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import * as ipv4Options from '../wire/ipv4-options.js';
import { IGMP_COUNTERS, IgmpCounter } from './igmp-counters.js';
import { IgmpHost } from './igmp-host.js';
import type { IgmpNetwork } from './igmp-network.js';
import type { IgmpParts } from './igmp-parts.js';
import { readQuery } from './igmp-query.js';
import { IgmpSender } from './igmp-sender.js';

/** The host's side of IGMP (RFC 2236, RFC 3376): tells the routers of each link which groups are wanted there. */
export class Igmp {
  /** See {@link IgmpCounter}. */
  readonly counters = new Float64Array(IGMP_COUNTERS);
  /** By the numbers of the interfaces; only of those where a group was joined or a router has asked. */
  private readonly hosts: (IgmpHost | undefined)[] = [];
  private readonly parts: IgmpParts;

  constructor(
    private readonly network: IgmpNetwork,
    parts: Omit<IgmpParts, 'counters'>,
  ) {
    this.parts = { ...parts, counters: this.counters };
  }

  /** What is wanted of a group on an interface is `filter` now. Of all hosts nobody reports (RFC 3376 section 5). */
  changed(interfaceIndex: number, group: number, filter: SourceFilter): void {
    if (group !== ipv4Address.ALL_HOSTS) this.hostOf(interfaceIndex).changed(group, filter);
  }

  /** The link of an interface is up again. */
  linkUp(interfaceIndex: number): void {
    this.hosts[interfaceIndex]?.restart();
  }

  /** Ends every timer: the stack closes. */
  close(): void {
    for (const host of this.hosts) host?.close();
  }

  /** Takes the message `[packet.at, packet.end)`. */
  input(packet: Packet): void {
    const { view, at, end, networkAt } = packet;
    if (!igmp.fits(at, end)) return packet.drop(DropReason['igmp.truncated']);
    if (checksum.finish(packet.memory.addSum(0, at, end)) !== 0) return packet.drop(DropReason['igmp.badChecksum']);
    // Whatever has come from behind a router is forged (RFC 3376 section 4).
    if (ipv4.ttl(view, networkAt) !== 1) return packet.drop(DropReason['igmp.badTtl']);
    switch (igmp.type(view, at)) {
      case igmp.TYPE_QUERY:
        return this.query(packet);
      case igmp.TYPE_V1_REPORT:
      case igmp.TYPE_V2_REPORT:
        return this.report(packet);
      default:
        return packet.drop(DropReason['igmp.unknownType']);
    }
  }

  private query(packet: Packet): void {
    const { view, at, end, networkAt, interfaceIndex } = packet;
    const query = readQuery(view, at, end);
    if (query === undefined) return packet.drop(DropReason['igmp.truncated']);
    // Routers do not forward what they must look at: it comes from the link (RFC 3376 section 9.1).
    if (query.version > 1 && !ipv4Options.hasRouterAlert(view, networkAt + ipv4.MIN_HEADER_LENGTH, at)) {
      return packet.drop(DropReason['igmp.noRouterAlert']);
    }
    if (query.group !== 0 && !ipv4Address.isMulticast(query.group)) return packet.drop(DropReason['igmp.badGroup']);
    this.counters[IgmpCounter.queriesReceived]++;
    this.hostOf(interfaceIndex).query(query);
    packet.consumed();
  }

  private report(packet: Packet): void {
    const { view, at, networkAt, interfaceIndex } = packet;
    // Whoever could keep us from reporting, could keep groups from us (RFC 2236 section 10).
    if (!this.network.isOnLink(interfaceIndex, ipv4.source(view, networkAt))) {
      return packet.drop(DropReason['igmp.badSource']);
    }
    this.counters[IgmpCounter.reportsReceived]++;
    this.hosts[interfaceIndex]?.heardReport(igmp.group(view, at));
    packet.consumed();
  }

  private hostOf(interfaceIndex: number): IgmpHost {
    return (this.hosts[interfaceIndex] ??= new IgmpHost(
      this.parts,
      new IgmpSender(this.network, interfaceIndex, this.counters),
    ));
  }
}
