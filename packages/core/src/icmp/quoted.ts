import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { isLoopback } from '../wire/ipv4-address.js';

/** Bytes of a transport header that an error quotes at least (RFC 792). */
const QUOTED_LENGTH = 8;
/** Where routers that do not say their MTU may have one (RFC 1191 section 7.1), the largest first. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68] as const;

/** The transport header of the datagram quoted in `[networkAt, end)`; -1 if there is no whole one. */
export function transportOf(view: DataView, networkAt: number, end: number): number {
  if (!ipv4.fits(networkAt, end) || ipv4.version(view, networkAt) !== 4) return -1;
  const headerLength = ipv4.headerLength(view, networkAt);
  const transportAt = networkAt + headerLength;
  if (headerLength < ipv4.MIN_HEADER_LENGTH || end - transportAt < QUOTED_LENGTH) return -1;
  // A later fragment quotes no transport header.
  return ipv4.fragmentOffset(view, networkAt) === 0 ? transportAt : -1;
}

/** True if the datagram quoted in `[networkAt, end)` is one of ours to ourselves. */
export function isLoopbackQuoted(view: DataView, networkAt: number, end: number): boolean {
  return ipv4.fits(networkAt, end) && isLoopback(ipv4.source(view, networkAt));
}

/**
 * The MTU that the "fragmentation needed" message at `at` speaks of (RFC 1191); -1 if it cannot be true: what it quotes
 * may be cut up, or is no larger than that.
 */
export function quotedMtu(view: DataView, at: number, end: number): number {
  const networkAt = at + icmpv4.HEADER_LENGTH;
  if (!ipv4.fits(networkAt, end) || (ipv4.fragmentWord(view, networkAt) & ipv4.DONT_FRAGMENT) === 0) return -1;
  const sent = ipv4.totalLength(view, networkAt);
  const named = icmpv4.nextHopMtu(view, at);
  const mtu = named !== 0 ? named : PLATEAUS.find((plateau) => plateau < sent);
  return mtu !== undefined && mtu >= ipv4.MIN_MTU && mtu < sent ? mtu : -1;
}
