/** Whether a neighbour's link-layer address may be used. */
export enum Reachability {
  /** Not known: frames wait, or the answer did not come. */
  UNRESOLVED,
  /** Known, but not confirmed for a while: usable; using it starts a confirmation. */
  STALE,
  /** Known and confirmed. */
  REACHABLE,
}

/** The station that a datagram is handed to on the link: its IP address and what is known of its link-layer address. */
export class NextHop {
  /** Network-layer address (of IPv4: signed 32 bits); 0 once the entry was evicted, so that nobody uses it by mistake. */
  address = 0;
  reachability = Reachability.UNRESOLVED;
  /** First two and last four bytes of the link-layer address. */
  macHi = 0;
  macLo = 0;
}
