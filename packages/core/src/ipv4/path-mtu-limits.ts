/** Limits of what is learnt of path MTUs (RFC 1191). */
export interface PathMtuLimits {
  /** Destinations with a path MTU below that of the link; when full, the one learnt first goes. */
  readonly maxDestinations: number;
  /** How long a path MTU holds before a larger one is tried again, in milliseconds (RFC 1191 section 6.3). */
  readonly ageMs: number;
  /** The least path MTU believed, in bytes: a forged one cannot do more harm than that. */
  readonly minMtu: number;
}

export const DEFAULT_PATH_MTU_LIMITS: PathMtuLimits = { maxDestinations: 4096, ageMs: 600_000, minMtu: 552 };
