/** Indices into {@link Arp.counters}; the unit is a packet where no other is said. */
export const ArpCounter = {
  REQUESTS_SENT: 0,
  REPLIES_SENT: 1,
  REQUESTS_RECEIVED: 2,
  REPLIES_RECEIVED: 3,
  /** Packets of other stations that use one of our addresses. */
  CONFLICTS: 4,
  /** Neighbours forgotten because the table was full. */
  EVICTED: 5,
  /** Neighbours that did not answer. */
  UNRESOLVED: 6,
  /** Packets not sent because the link had no room. */
  NO_ROOM: 7,
} as const;

/** Names of {@link ArpCounter}, in its order. */
export const ARP_COUNTER_NAMES = [
  'requestsSent',
  'repliesSent',
  'requestsReceived',
  'repliesReceived',
  'conflicts',
  'evicted',
  'unresolved',
  'noRoom',
] as const;
