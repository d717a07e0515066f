/** Limits and times of multicast memberships (RFC 3376 section 8). */
export interface IgmpLimits {
  /** Groups joined at a time on one interface; beyond it joining is refused. */
  readonly maxGroups: number;
  /**
   * Sources in the filter of a socket's membership; beyond it joining is refused. If the sockets of an interface name
   * more together, the routers are asked for all sources.
   */
  readonly maxSources: number;
  /** How often a change is reported, in case a report is lost; a querier of version 3 may say otherwise. */
  readonly robustness: number;
}

export const DEFAULT_IGMP_LIMITS: IgmpLimits = { maxGroups: 1024, maxSources: 128, robustness: 2 };

/** A change is reported again within this time (RFC 3376 section 8.11). */
export const REPORT_INTERVAL_US = 1_000_000;
/** Of version 2 (RFC 2236 section 8.10). */
export const V2_REPORT_INTERVAL_US = 10_000_000;
/** The time between general queries until a querier of version 3 names another (RFC 3376 section 8.2). */
export const QUERY_INTERVAL_US = 125_000_000;
/** Within which a query is to be answered that names no time, as those of version 1 (RFC 3376 section 8.3). */
export const QUERY_RESPONSE_US = 10_000_000;
