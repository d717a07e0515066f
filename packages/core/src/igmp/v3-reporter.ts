import type { SourceFilter } from '../network/source-filter.js';
import { Timer } from '../time/timer.js';
import * as igmp from '../wire/igmp.js';
import { IgmpCounter } from './igmp-counters.js';
import type { IgmpGroup } from './igmp-group.js';
import { REPORT_INTERVAL_US } from './igmp-limits.js';
import { randomMoment, type IgmpParts } from './igmp-parts.js';
import type { IgmpQuery } from './igmp-query.js';
import type { IgmpSender } from './igmp-sender.js';
import type { Querier } from './querier.js';
import type { Reporter } from './reporter.js';

/**
 * The host's side of version 3 on one interface (RFC 3376 section 5): every change of what is wanted is reported at once
 * and again, together with what else has changed meanwhile; queries are answered after a random time.
 */
export class V3Reporter implements Reporter {
  /** Groups of which a change is still to be reported. */
  private readonly changing = new Set<IgmpGroup>();
  private readonly changeTimer: Timer;
  /** Runs while a general query waits for our answer. */
  private readonly generalTimer: Timer;

  constructor(
    private readonly groups: Map<number, IgmpGroup>,
    private readonly parts: IgmpParts,
    private readonly sender: IgmpSender,
    private readonly querier: Querier,
  ) {
    this.changeTimer = new Timer(() => this.reportChanges(this.changing));
    this.generalTimer = new Timer(() => this.answerGeneral());
  }

  changed(group: IgmpGroup, before: SourceFilter): void {
    const { robustness } = this.querier;
    const { filter, sourceReportsLeft } = group;
    if (filter.isExclude === before.isExclude) {
      for (const source of difference(before.sources, filter.sources)) sourceReportsLeft.set(source, robustness);
      // Sources that come and go faster than they are reported: the whole filter says it all.
      if (sourceReportsLeft.size > 2 * this.parts.limits.maxSources) this.startOver(group);
    } else {
      this.startOver(group);
    }
    if (filter.isNothing) this.forgetQuery(group);
    this.changing.add(group);
    this.reportChanges([group]);
    if (filter.isNothing && this.changing.size > 2 * this.parts.limits.maxGroups) this.forgetChange(group);
  }

  query({ group: address, sources, responseUs }: IgmpQuery): void {
    const { generalTimer } = this;
    const { timers, limits } = this.parts;
    const dueUs = randomMoment(this.parts, responseUs);
    // What is answered sooner anyway needs no other answer (RFC 3376 section 5.2).
    if (generalTimer.isArmed && generalTimer.deadlineUs <= dueUs) return;
    if (address === 0) return timers.arm(generalTimer, dueUs);
    const group = this.groups.get(address);
    if (group === undefined || group.filter.isNothing) return;
    const { timer, askedSources } = group;
    const isForAll = sources.length === 0 || (timer.isArmed && askedSources === undefined);
    const asked = new Set([...(askedSources ?? []), ...sources]);
    group.askedSources = isForAll || asked.size > limits.maxSources ? undefined : asked;
    if (!timer.isArmed || dueUs < timer.deadlineUs) timers.arm(timer, dueUs);
  }

  due(group: IgmpGroup): void {
    const { askedSources } = group;
    const record = askedSources === undefined ? stateOf(group) : wantedOf(group, askedSources);
    if (record !== undefined && !this.sender.records([record])) {
      return this.parts.timers.arm(group.timer, randomMoment(this.parts, REPORT_INTERVAL_US));
    }
    group.askedSources = undefined;
  }

  /** Version 3 needs every host's report. */
  heardReport(): void {
    return undefined;
  }

  restart(): void {
    for (const group of this.groups.values()) {
      this.startOver(group);
      this.changing.add(group);
    }
    this.reportChanges(this.changing);
  }

  cancel(): void {
    const { timers } = this.parts;
    timers.cancel(this.changeTimer);
    timers.cancel(this.generalTimer);
    this.changing.clear();
  }

  /** The whole filter is to be reported. */
  private startOver(group: IgmpGroup): void {
    group.settle();
    group.reportsLeft = this.querier.robustness;
  }

  private forgetQuery(group: IgmpGroup): void {
    this.parts.timers.cancel(group.timer);
    group.askedSources = undefined;
  }

  private forgetChange(group: IgmpGroup): void {
    this.parts.counters[IgmpCounter.notRepeated]++;
    this.changing.delete(group);
    this.groups.delete(group.address);
  }

  /** Reports what has changed of `groups`, and again later as often as it takes; who is left and reported is forgotten. */
  private reportChanges(groups: Iterable<IgmpGroup>): void {
    const { parts, changing, changeTimer } = this;
    const reported = [...groups];
    if (this.sender.records(reported.flatMap(changesOf))) {
      for (const group of reported) this.countReport(group);
    }
    if (changing.size > 0 && !changeTimer.isArmed) {
      parts.timers.arm(changeTimer, randomMoment(parts, REPORT_INTERVAL_US));
    }
  }

  private countReport(group: IgmpGroup): void {
    group.reported();
    if (group.isChanging) return;
    this.changing.delete(group);
    if (group.filter.isNothing) this.groups.delete(group.address);
  }

  private answerGeneral(): void {
    const { parts, generalTimer } = this;
    const joined = [...this.groups.values()].filter(({ filter }) => !filter.isNothing);
    if (this.sender.records(joined.map(stateOf))) return;
    parts.timers.arm(generalTimer, randomMoment(parts, REPORT_INTERVAL_US));
  }
}

/** What has changed of a group (RFC 3376 section 5.1): its mode, or sources in the same mode. */
function changesOf({ address, filter, reportsLeft, sourceReportsLeft }: IgmpGroup): igmp.GroupRecord[] {
  if (reportsLeft > 0) {
    const type = filter.isExclude ? igmp.CHANGE_TO_EXCLUDE : igmp.CHANGE_TO_INCLUDE;
    return [{ type, group: address, sources: [...filter.sources] }];
  }
  const sources = [...sourceReportsLeft.keys()];
  const allowed = sources.filter((source) => filter.admits(source));
  const blocked = sources.filter((source) => !filter.admits(source));
  return [
    { type: igmp.ALLOW_NEW_SOURCES, group: address, sources: allowed },
    { type: igmp.BLOCK_OLD_SOURCES, group: address, sources: blocked },
  ].filter((record) => record.sources.length > 0);
}

/** What is wanted of a group. */
function stateOf({ address, filter }: IgmpGroup): igmp.GroupRecord {
  const type = filter.isExclude ? igmp.MODE_IS_EXCLUDE : igmp.MODE_IS_INCLUDE;
  return { type, group: address, sources: [...filter.sources] };
}

/** Which of the sources asked for are wanted of a group; undefined if none is (RFC 3376 section 5.2). */
function wantedOf({ address, filter }: IgmpGroup, asked: ReadonlySet<number>): igmp.GroupRecord | undefined {
  const sources = [...asked].filter((source) => filter.admits(source));
  return sources.length > 0 ? { type: igmp.MODE_IS_INCLUDE, group: address, sources } : undefined;
}

/** Those in one of two sets only. */
function difference(one: ReadonlySet<number>, other: ReadonlySet<number>): number[] {
  return [...[...one].filter((each) => !other.has(each)), ...[...other].filter((each) => !one.has(each))];
}
