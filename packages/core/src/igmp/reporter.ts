import type { SourceFilter } from '../network/source-filter.js';
import type { IgmpGroup } from './igmp-group.js';
import type { IgmpQuery } from './igmp-query.js';

/** How a version of IGMP reports what is wanted on one interface. */
export interface Reporter {
  /** What is wanted of a group is another than `before`. */
  changed(group: IgmpGroup, before: SourceFilter): void;
  query(query: IgmpQuery): void;
  /** The timer of a group is due. */
  due(group: IgmpGroup): void;
  /** Another host has reported a group of ours. */
  heardReport(group: IgmpGroup): void;
  /** The link is up again, perhaps with another router: everything is reported anew. */
  restart(): void;
  /** Ends the timers that are not a group's, and what they were for. */
  cancel(): void;
}
