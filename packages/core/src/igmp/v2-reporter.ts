import type { SourceFilter } from '../network/source-filter.js';
import * as igmp from '../wire/igmp.js';
import type { IgmpGroup } from './igmp-group.js';
import { V2_REPORT_INTERVAL_US } from './igmp-limits.js';
import { randomMoment, type IgmpParts } from './igmp-parts.js';
import type { IgmpQuery } from './igmp-query.js';
import type { IgmpSender } from './igmp-sender.js';
import type { Querier } from './querier.js';
import type { Reporter } from './reporter.js';

/**
 * The host's side of versions 1 and 2 on one interface (RFC 2236 section 6): one report of all hosts is enough for a
 * group, so that each waits whether another is first. These versions know no sources.
 */
export class V2Reporter implements Reporter {
  constructor(
    private readonly groups: Map<number, IgmpGroup>,
    private readonly parts: IgmpParts,
    private readonly sender: IgmpSender,
    private readonly querier: Querier,
  ) {}

  changed(group: IgmpGroup, before: SourceFilter): void {
    if (group.filter.isNothing) return this.leave(group);
    if (before.isNothing) this.join(group);
  }

  query({ group: address, responseUs }: IgmpQuery): void {
    const { time, timers } = this.parts;
    for (const group of this.groups.values()) {
      if (address !== 0 && address !== group.address) continue;
      const { timer } = group;
      const isSoonEnough = timer.isArmed && timer.deadlineUs <= time.nowUs + responseUs;
      if (!isSoonEnough) timers.arm(timer, randomMoment(this.parts, responseUs));
    }
  }

  due(group: IgmpGroup): void {
    const type = this.querier.version === 1 ? igmp.TYPE_V1_REPORT : igmp.TYPE_V2_REPORT;
    group.isLastReporter = true;
    if (this.sender.report(type, group.address)) group.reported();
    else group.reportsLeft = Math.max(1, group.reportsLeft);
    if (group.reportsLeft > 0) this.parts.timers.arm(group.timer, randomMoment(this.parts, V2_REPORT_INTERVAL_US));
  }

  heardReport(group: IgmpGroup): void {
    if (!group.timer.isArmed) return; // only who is about to report holds back (RFC 2236 section 6)
    this.parts.timers.cancel(group.timer);
    group.reportsLeft = 0;
    group.isLastReporter = false;
  }

  restart(): void {
    for (const group of this.groups.values()) this.join(group);
  }

  cancel(): void {
    for (const group of this.groups.values()) group.isLastReporter = false;
  }

  private join(group: IgmpGroup): void {
    group.reportsLeft = this.querier.robustness;
    this.due(group);
  }

  private leave(group: IgmpGroup): void {
    // Version 1 knows no leaves; of version 2 the last reporter speaks (RFC 2236 section 6).
    if (this.querier.version === 2 && group.isLastReporter) this.sender.leave(group.address);
    this.parts.timers.cancel(group.timer);
    this.groups.delete(group.address);
  }
}
