/** Times and limits of ARP (RFC 826, RFC 1122 section 2.3.2). */
export interface ArpLimits {
  /** Neighbours known at a time; when full, one makes room: an unconfirmed one if there is any near, never one that is waited for. */
  readonly maxNeighbours: number;
  /** How long an answer is trusted before it is confirmed again, in milliseconds. */
  readonly reachableMs: number;
  /** How long an unconfirmed neighbour that nobody uses is remembered, in milliseconds. */
  readonly staleMs: number;
  /** Requests to an address before its datagrams are given up; one a second. */
  readonly maxRequests: number;
  /** Frames that wait for one address; when full, the oldest is dropped. */
  readonly maxPendingPerNeighbour: number;
  /** Frames that wait in all; when full, the one that waits longest is dropped. */
  readonly maxPending: number;
  /** Prefixes of others that an interface answers for (proxy entries); more are refused. */
  readonly maxProxies: number;
}

export const DEFAULT_ARP_LIMITS: ArpLimits = {
  maxNeighbours: 4096,
  reachableMs: 30_000,
  staleMs: 20 * 60_000,
  maxRequests: 3,
  maxPendingPerNeighbour: 64,
  maxPending: 256,
  maxProxies: 256,
};

/** At most one request a second to an address (RFC 1122 section 2.3.2.1). */
export const REQUEST_INTERVAL_US = 1_000_000;
/** Probes before the first use of an address, if it is to be probed: the random wait before them, how many there are... */
export const PROBE_WAIT_US = 1_000_000;
export const PROBE_COUNT = 3;
/** ... the random time between them, and the time after the last one (RFC 5227 section 1.1). */
export const PROBE_MIN_US = 1_000_000;
export const PROBE_MAX_US = 2_000_000;
export const ANNOUNCE_WAIT_US = 2_000_000;
/** An address that another station has is probed again once nothing was heard of that one for so long (RFC 5227 section 1.1). */
export const RETRY_INTERVAL_US = 60_000_000;
/** Announcements when an address is used from now on, and the time between them (RFC 5227 section 1.1). */
export const ANNOUNCE_COUNT = 2;
export const ANNOUNCE_INTERVAL_US = 2_000_000;
/** At most one announcement in this time to defend our address (RFC 5227 section 1.1). */
export const DEFEND_INTERVAL_US = 10_000_000;
