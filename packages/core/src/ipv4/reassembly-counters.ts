/** Indices into {@link Reassembly.counters}; the unit is a datagram, whose frames count as consumed. */
export enum ReassemblyCounter {
  /** Put together and handed up. */
  reassembled,
  /** Given up because fragments did not come in time. */
  timedOut,
  /** Given up to make room for newer ones. */
  evicted,
  /** Given up because their fragments contradict each other, or are too many. */
  refused,
}

/** Number of counters. */
export const REASSEMBLY_COUNTERS = 4;
