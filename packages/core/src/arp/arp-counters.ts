/** Indices into {@link Arp.counters}; the unit is a packet where no other is said. */
export enum ArpCounter {
  requestsSent,
  repliesSent,
  requestsReceived,
  repliesReceived,
  /** Packets of other stations that use one of our addresses. */
  conflicts,
  /** Neighbours forgotten because the table was full. */
  evicted,
  /** Neighbours that did not answer. */
  unresolved,
  /** Packets not sent because the link had no room. */
  noRoom,
}

/** Number of counters. */
export const ARP_COUNTERS = 8;
