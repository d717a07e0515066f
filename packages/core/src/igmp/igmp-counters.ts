/** Indices into {@link Igmp.counters}; the unit is a message. */
export enum IgmpCounter {
  queriesReceived,
  /** Reports of others, of versions 1 and 2. */
  reportsReceived,
  /** Reports of all versions. */
  reportsSent,
  leavesSent,
  /** Messages not sent because the link had no room; what they were to say is said later. */
  noRoom,
  /** Changes that were reported once only, since too many wait to be reported again. */
  notRepeated,
}

/** Number of counters. */
export const IGMP_COUNTERS = 6;
