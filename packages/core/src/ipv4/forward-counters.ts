/** Indices into {@link Forwarder.counters}; the unit is a datagram. */
export enum ForwardCounter {
  /** Passed on. */
  forwarded,
  /** Of those, cut up because the next link takes less. */
  fragmented,
  /** Of those, sent back out by the link they came in by: their sender was told of a better router, if that was due. */
  redirected,
}

/** Number of counters. */
export const FORWARD_COUNTERS = 3;
