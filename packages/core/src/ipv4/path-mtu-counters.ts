/** Indices into {@link PathMtuCache.counters}; the unit is a destination. */
export enum PathMtuCounter {
  /** A router has named a smaller MTU than was known. */
  reduced,
  /** Tried anew with the link's MTU after its time. */
  aged,
  /** Forgotten because the table was full. */
  evicted,
}

/** Number of counters. */
export const PATH_MTU_COUNTERS = 3;
