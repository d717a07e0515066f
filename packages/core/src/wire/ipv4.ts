/** The IPv4 header (RFC 791 section 3.1). */
import * as checksum from './checksum.js';

/** Length of a header without options. */
export const MIN_HEADER_LENGTH = 20;
/** Every link and host must take datagrams of this size (RFC 791 section 3.1, total length: 576; link: 68). */
export const MIN_MTU = 68;
/** Largest total length. */
export const MAX_TOTAL_LENGTH = 65535;

/** Protocol numbers (IANA). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

/** In the word of {@link fragmentWord}: don't fragment. */
export const DONT_FRAGMENT = 0x4000;
/** In the word of {@link fragmentWord}: more fragments follow. */
export const MORE_FRAGMENTS = 0x2000;
/** In the word of {@link fragmentWord}: more fragments, or an offset: this is a part of a datagram. */
export const ANY_FRAGMENT = 0x3fff;

/** True if a header without options lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= MIN_HEADER_LENGTH;
}

export function version(view: DataView, at: number): number {
  return view.getUint8(at) >>> 4;
}

/** In bytes: 0..60. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at) & 15) << 2;
}

/** DSCP and ECN (RFC 2474, 3168), the TOS of old. */
export function tos(view: DataView, at: number): number {
  return view.getUint8(at + 1);
}

export function totalLength(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

export function identification(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** Flags and fragment offset as one 16-bit word. */
export function fragmentWord(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** In bytes: 0..65,528. */
export function fragmentOffset(view: DataView, at: number): number {
  return (view.getUint16(at + 6) & 0x1fff) << 3;
}

export function ttl(view: DataView, at: number): number {
  return view.getUint8(at + 8);
}

export function protocol(view: DataView, at: number): number {
  return view.getUint8(at + 9);
}

export function headerChecksum(view: DataView, at: number): number {
  return view.getUint16(at + 10);
}

export function source(view: DataView, at: number): number {
  return view.getInt32(at + 12);
}

export function destination(view: DataView, at: number): number {
  return view.getInt32(at + 16);
}

/** True if the header's checksum is right. The whole header of `headerLength` bytes must lie in the memory. */
export function isChecksumGood(view: DataView, at: number, headerLength: number): boolean {
  if (headerLength === MIN_HEADER_LENGTH) {
    // Nearly every header: five words without a loop; a whole echo takes 0.96 of the time (`bench:stack`, echo-64).
    const a = view.getInt32(at);
    const b = view.getInt32(at + 4);
    const c = view.getInt32(at + 8);
    const d = view.getInt32(at + 12);
    const e = view.getInt32(at + 16);
    const high = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16);
    return checksum.finish(high + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff) + (e & 0xffff)) === 0;
  }
  return checksum.finish(checksum.add(0, view, at, at + headerLength)) === 0;
}

/** Partial sum of the pseudo-header of UDP (RFC 768) and TCP (RFC 9293 section 3.1). */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, length: number): number {
  return checksum.addWord(checksum.addWord(protocol + length, source), destination);
}

/** Writes a header without options at `at`, checksum included. */
export function write(
  view: DataView,
  at: number,
  tos: number,
  totalLength: number,
  identification: number,
  fragmentWord: number,
  ttl: number,
  protocol: number,
  source: number,
  destination: number,
): void {
  // The checksum comes from the values at hand: reading the header back just after writing it stalls.
  const sum = checksum.addWord(
    checksum.addWord(0x4500 + tos + totalLength + identification + fragmentWord + ((ttl << 8) | protocol), source),
    destination,
  );
  view.setInt32(at, 0x45000000 | (tos << 16) | totalLength);
  view.setInt32(at + 4, (identification << 16) | fragmentWord);
  view.setInt32(at + 8, (ttl << 24) | (protocol << 16) | checksum.finish(sum));
  view.setInt32(at + 12, source);
  view.setInt32(at + 16, destination);
}

/** Length of a header with the router alert option alone. */
export const ALERTED_HEADER_LENGTH = 24;
/** The router alert option (RFC 2113): routers on the way look at the datagram. */
const ROUTER_ALERT = 0x94040000 | 0;
/** Version, header length, and internetwork control as TOS (RFC 3376 section 4). */
const ALERTED_VERSION_LENGTH_TOS = 0x46c00000;

/** Writes a header with the router alert option and a TTL of 1 at `at`, checksum included. */
export function writeAlerted(
  view: DataView,
  at: number,
  totalLength: number,
  identification: number,
  protocol: number,
  source: number,
  destination: number,
): void {
  view.setInt32(at, ALERTED_VERSION_LENGTH_TOS | totalLength);
  view.setInt32(at + 4, identification << 16);
  view.setInt32(at + 8, (1 << 24) | (protocol << 16));
  view.setInt32(at + 12, source);
  view.setInt32(at + 16, destination);
  view.setInt32(at + 20, ROUTER_ALERT);
  view.setUint16(at + 10, checksum.finish(checksum.add(0, view, at, at + ALERTED_HEADER_LENGTH)));
}

/** Takes one from the TTL, which is more than 0, and brings the checksum up to date (RFC 1624). */
export function decrementTtl(view: DataView, at: number): void {
  const word = view.getUint16(at + 8);
  view.setUint16(at + 8, word - 0x100);
  view.setUint16(at + 10, checksum.update(view.getUint16(at + 10), word, word - 0x100));
}

/** Makes the header of a first fragment, of `headerLength` bytes at `at`, that of the whole datagram. */
export function makeWhole(view: DataView, at: number, headerLength: number, tos: number, totalLength: number): void {
  view.setUint8(at + 1, tos);
  view.setUint16(at + 2, totalLength);
  view.setUint16(at + 6, fragmentWord(view, at) & ~ANY_FRAGMENT);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, checksum.finish(checksum.add(0, view, at, at + headerLength)));
}

/** Makes the header of `headerLength` bytes at `at`, copied from another datagram, that of one of another length. */
export function setLength(
  view: DataView,
  at: number,
  headerLength: number,
  totalLength: number,
  identification: number,
): void {
  view.setUint16(at + 2, totalLength);
  view.setUint16(at + 4, identification);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, checksum.finish(checksum.add(0, view, at, at + headerLength)));
}

/** Makes the header of `headerLength` bytes at `at`, copied from a larger datagram, that of a fragment. */
export function makeFragment(
  view: DataView,
  at: number,
  headerLength: number,
  totalLength: number,
  fragmentWord: number,
): void {
  view.setUint8(at, 0x40 | (headerLength >>> 2));
  view.setUint16(at + 2, totalLength);
  view.setUint16(at + 6, fragmentWord);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, checksum.finish(checksum.add(0, view, at, at + headerLength)));
}
