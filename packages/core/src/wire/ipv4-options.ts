/** The options of the IPv4 header (RFC 791 section 3.1, RFC 1122 section 3.2.1.8). */
const END_OF_LIST = 0;
const NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/**
 * True if the options in `[at, end)` are well formed and leave the datagram at its destination: every length fits, and
 * no source route has hops left.
 */
export function areAcceptable(view: DataView, at: number, end: number): boolean {
  while (at < end) {
    const type = view.getUint8(at);
    if (type === END_OF_LIST) return true;
    if (type === NO_OPERATION) {
      at++;
      continue;
    }
    if (end - at < 2) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || length > end - at) return false;
    if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) {
      // The pointer is past the end when the route is used up (RFC 791); 4 is its least value.
      if (length < 3 || view.getUint8(at + 2) <= length) return false;
    }
    at += length;
  }
  return true;
}
