/** Limits of the reassembly of fragments (RFC 791 section 3.2, RFC 1122 section 3.3.2). */
export interface ReassemblyLimits {
  /** How long the fragments of a datagram wait for the rest, in milliseconds (RFC 1122 section 3.3.2). */
  readonly timeoutMs: number;
  /** Datagrams that wait for fragments at a time; when full, the oldest goes. */
  readonly maxDatagrams: number;
  /** Bytes of memory for them in all; when full, the oldest datagrams go. */
  readonly maxBytes: number;
  /** Fragments of one datagram; of one with more nothing is kept. */
  readonly maxFragments: number;
}

export const DEFAULT_REASSEMBLY_LIMITS: ReassemblyLimits = {
  timeoutMs: 60_000,
  maxDatagrams: 1024,
  maxBytes: 4 << 20,
  maxFragments: 256,
};
