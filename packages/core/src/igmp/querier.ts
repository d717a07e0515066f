import type { StackTime } from '../time/stack-time.js';
import { QUERY_INTERVAL_US, QUERY_RESPONSE_US } from './igmp-limits.js';
import type { IgmpQuery } from './igmp-query.js';

/** What an interface knows of the routers on its link: the oldest version heard lately, and what they ask of hosts. */
export class Querier {
  private intervalUs = QUERY_INTERVAL_US;
  private responseUs = QUERY_RESPONSE_US;
  private v1UntilUs = -Infinity;
  private v2UntilUs = -Infinity;

  constructor(
    private readonly time: StackTime,
    /** How often a change is to be reported. */
    public robustness: number,
  ) {}

  /** The version to speak: that of the oldest querier heard lately (RFC 3376 section 7.2.1). */
  get version(): 1 | 2 | 3 {
    const { nowUs } = this.time;
    if (nowUs < this.v1UntilUs) return 1;
    return nowUs < this.v2UntilUs ? 2 : 3;
  }

  /** A query has come. */
  heard(query: IgmpQuery): void {
    if (query.version === 3) {
      // The values of the last one hold (RFC 3376 sections 4.1.6, 4.1.7); 0 says nothing.
      if (query.robustness > 0) this.robustness = query.robustness;
      if (query.intervalUs > 0) this.intervalUs = query.intervalUs;
      if (query.group === 0) this.responseUs = query.responseUs;
      return;
    }
    // Older version querier present timeout (RFC 3376 section 8.12).
    const untilUs = this.time.nowUs + this.robustness * this.intervalUs + this.responseUs;
    if (query.version === 1) this.v1UntilUs = untilUs;
    else this.v2UntilUs = untilUs;
  }
}
