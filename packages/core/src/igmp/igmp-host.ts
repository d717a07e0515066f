import type { SourceFilter } from '../network/source-filter.js';
import { IgmpGroup } from './igmp-group.js';
import type { IgmpParts } from './igmp-parts.js';
import type { IgmpQuery } from './igmp-query.js';
import type { IgmpSender } from './igmp-sender.js';
import { Querier } from './querier.js';
import type { Reporter } from './reporter.js';
import { V2Reporter } from './v2-reporter.js';
import { V3Reporter } from './v3-reporter.js';

/** IGMP on one interface: its groups, and the version of the oldest querier heard lately (RFC 3376 section 7.2). */
export class IgmpHost {
  private readonly groups = new Map<number, IgmpGroup>();
  private readonly querier: Querier;
  private readonly v3: V3Reporter;
  private readonly v2: V2Reporter;
  private version: 1 | 2 | 3 = 3;

  constructor(
    private readonly parts: IgmpParts,
    sender: IgmpSender,
  ) {
    this.querier = new Querier(parts.time, parts.limits.robustness);
    this.v3 = new V3Reporter(this.groups, parts, sender, this.querier);
    this.v2 = new V2Reporter(this.groups, parts, sender, this.querier);
  }

  /** What is wanted of a group is `filter` now. */
  changed(address: number, filter: SourceFilter): void {
    const reporter = this.reporter();
    const group = this.groups.get(address) ?? this.add(address);
    const before = group.filter;
    if (filter.equals(before)) return;
    group.filter = filter;
    reporter.changed(group, before);
  }

  query(query: IgmpQuery): void {
    this.querier.heard(query);
    this.reporter().query(query);
  }

  /** Another host has reported a group. */
  heardReport(address: number): void {
    const reporter = this.reporter();
    const group = this.groups.get(address);
    if (group !== undefined) reporter.heardReport(group);
  }

  /** The link is up again, perhaps with another router. */
  restart(): void {
    this.reporter().restart();
  }

  /** Ends the timers. */
  close(): void {
    this.cancel();
  }

  private add(address: number): IgmpGroup {
    const group = new IgmpGroup(address, (due) => this.due(due));
    this.groups.set(address, group);
    return group;
  }

  /** A group's timer is due, unless it was armed for another version. */
  private due(group: IgmpGroup): void {
    const armedFor = this.version;
    const reporter = this.reporter();
    if (this.version === armedFor) reporter.due(group);
  }

  /** Who reports in the version that is spoken now; with another version all that waits comes to nothing (section 7.2.1). */
  private reporter(): Reporter {
    const { version } = this.querier;
    if (version !== this.version) {
      this.version = version;
      this.cancel();
    }
    return version === 3 ? this.v3 : this.v2;
  }

  private cancel(): void {
    this.v3.cancel();
    this.v2.cancel();
    for (const group of this.groups.values()) {
      this.parts.timers.cancel(group.timer);
      group.settle();
      if (group.filter.isNothing) this.groups.delete(group.address);
    }
  }
}
