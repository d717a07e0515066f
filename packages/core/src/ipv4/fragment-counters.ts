/** Indices into {@link Fragmenter.counters}; the unit is a datagram where no other is said. */
export enum FragmentCounter {
  /** Cut up, of our own or forwarded. */
  fragmented,
  /** Fragments handed to the link. */
  fragmentsSent,
  /** Given up half-way: the neighbour was forgotten or the interface closed. */
  abandoned,
}

/** Number of counters. */
export const FRAGMENT_COUNTERS = 3;
