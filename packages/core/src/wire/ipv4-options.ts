/** The options of the IPv4 header (RFC 791 section 3.1, RFC 1122 section 3.2.1.8). */
const END_OF_LIST = 0;
const NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
const ROUTER_ALERT = 148;

/** What {@link problemAt} answers if there is none. */
export const NO_PROBLEM = -1;

/**
 * Where the options in `[at, end)` are malformed or lead the datagram away from its destination: every length must fit,
 * and no source route may have hops left. {@link NO_PROBLEM} if they are acceptable.
 */
export function problemAt(view: DataView, at: number, end: number): number {
  while (at < end) {
    const type = view.getUint8(at);
    if (type === END_OF_LIST) return NO_PROBLEM;
    if (type === NO_OPERATION) {
      at++;
      continue;
    }
    if (end - at < 2) return at;
    const length = view.getUint8(at + 1);
    if (length < 2 || length > end - at) return at + 1;
    if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) {
      // The pointer is past the end when the route is used up (RFC 791); 4 is its least value.
      if (length < 3 || view.getUint8(at + 2) <= length) return at;
    }
    at += length;
  }
  return NO_PROBLEM;
}

/** True if the option at `at`, which {@link problemAt} has named, is a source route: not malformed, but not for us. */
export function isSourceRoute(view: DataView, at: number): boolean {
  const type = view.getUint8(at);
  return type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE;
}

/** True if the options in `[at, end)`, which are acceptable, ask routers to look at the datagram (RFC 2113). */
export function hasRouterAlert(view: DataView, at: number, end: number): boolean {
  for (; at < end && view.getUint8(at) !== END_OF_LIST; at += lengthAt(view, at)) {
    if (view.getUint8(at) === ROUTER_ALERT) return true;
  }
  return false;
}

/** In an option's type: it stands in every fragment, not in the first one only (RFC 791 section 3.1). */
const COPIED = 0x80;

/** Bytes that the options in `[at, end)`, which are acceptable, take up in later fragments: a multiple of four. */
export function copiedLength(view: DataView, at: number, end: number): number {
  let length = 0;
  for (; at < end && view.getUint8(at) !== END_OF_LIST; at += lengthAt(view, at)) {
    if ((view.getUint8(at) & COPIED) !== 0) length += lengthAt(view, at);
  }
  return (length + 3) & ~3;
}

/** Writes them to `target` at `targetAt`, ended with zeros. */
export function writeCopied(view: DataView, at: number, end: number, target: DataView, targetAt: number): void {
  const targetEnd = targetAt + copiedLength(view, at, end);
  for (; at < end && view.getUint8(at) !== END_OF_LIST; at += lengthAt(view, at)) {
    if ((view.getUint8(at) & COPIED) === 0) continue;
    for (let i = 0; i < lengthAt(view, at); i++) target.setUint8(targetAt++, view.getUint8(at + i));
  }
  while (targetAt < targetEnd) target.setUint8(targetAt++, END_OF_LIST);
}

/** Of a well-formed option. */
function lengthAt(view: DataView, at: number): number {
  return view.getUint8(at) === NO_OPERATION ? 1 : view.getUint8(at + 1);
}
