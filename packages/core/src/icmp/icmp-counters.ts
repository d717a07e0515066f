/** Indices into {@link Icmp.counters}; the unit is a message. */
export enum IcmpCounter {
  echoRequestsAnswered,
  echoRepliesReceived,
  timestampsAnswered,
  errorsReceived,
  redirectsFollowed,
  errorsSent,
  /** Errors that were due but kept back by the rate limit. */
  errorsRateLimited,
  /** Messages not sent because the link had no room. */
  noRoom,
}

/** Number of counters. */
export const ICMP_COUNTERS = 8;
