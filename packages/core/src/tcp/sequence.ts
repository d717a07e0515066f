/**
 * Sequence numbers are signed 32-bit integers and wrap; all comparisons are of their distance (RFC 9293 section 3.4,
 * RFC 7323 section 5.2 for timestamps, which are compared the same way).
 */

/** True if `a` comes before `b`. */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** True if `a` comes after `b`. */
export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** The later of the two. */
export function latest(a: number, b: number): number {
  return ((a - b) | 0) > 0 ? a : b;
}
