/** Ethernet addresses: `Hi` is the first two bytes (unsigned), `Lo` the last four (signed 32 bits). */
export const BROADCAST_HI = 0xffff;
export const BROADCAST_LO = -1;

/** First two bytes of the addresses of IPv4 multicast groups, 01-00-5e (RFC 1112 section 6.4). */
export const IPV4_MULTICAST_HI = 0x0100;

/** The last four bytes of the address of an IPv4 multicast group (RFC 1112 section 6.4). */
export function ipv4MulticastLo(group: number): number {
  return 0x5e000000 | (group & 0x7fffff);
}

/** True for broadcast and multicast addresses: the group bit is set (IEEE 802.3). */
export function isGroup(hi: number): boolean {
  return (hi & 0x0100) !== 0;
}

/** True for the address of zeros, which belongs to nobody. */
export function isZero(hi: number, lo: number): boolean {
  return hi === 0 && lo === 0;
}

/** The first two of six bytes. */
export function hiOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

/** The last four of six bytes. */
export function loOf(bytes: Uint8Array): number {
  return ((bytes[2] ?? 0) << 24) | ((bytes[3] ?? 0) << 16) | ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);
}

/** The six bytes of an address. */
export function toBytes(hi: number, lo: number): Uint8Array {
  return Uint8Array.of(hi >>> 8, hi, lo >>> 24, lo >>> 16, lo >>> 8, lo);
}

/** Six bytes as `02:00:5e:10:00:01`. */
export function format(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Reads `02:00:5e:10:00:01` (or with `-`); undefined if `text` is no such address. */
export function parse(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (digits) => parseInt(digits, 16));
}
