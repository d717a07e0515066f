/** IPv4 addresses as signed 32-bit integers, as `DataView.getInt32` gives them. */

/** 0.0.0.0: "any" in a bind, "this host" on the wire. */
export const ANY = 0;
/** 255.255.255.255, the limited broadcast (RFC 919). */
export const LIMITED_BROADCAST = -1;
/** 224.0.0.1, all hosts on this network (RFC 1112). */
export const ALL_HOSTS = 0xe0000001 | 0;

/** Class D, 224/4: a multicast group (RFC 1112 section 4). */
export function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** False for what no single host can have: 0/8, 127/8, 224/4, 240/4 and broadcast (RFC 1122 section 3.2.1.3). */
export function isHost(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** 127/8: addresses that every host has to itself (RFC 1122 section 3.2.1.3). */
export function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}

/** The netmask of a prefix length of 0..32. */
export function mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
}

/** As `192.0.2.1`. */
export function format(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

const DOTTED_QUAD = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Reads `192.0.2.1`, in four decimal numbers without leading zeros; undefined if `text` is no such address. */
export function parse(text: string): number | undefined {
  const parts = DOTTED_QUAD.exec(text);
  if (parts === null) return undefined;
  let address = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = Number(parts[i]);
    if (byte > 255) return undefined;
    address = (address << 8) | byte;
  }
  return address;
}

/** Reads `192.0.2.1/24`; undefined if `text` is no such address with a prefix length of 0..32. */
export function parseCidr(text: string): { address: number; prefixLength: number } | undefined {
  const slash = text.indexOf('/');
  const address = parse(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (slash < 0 || address === undefined || !/^(\d|[12]\d|3[0-2])$/.test(digits)) return undefined;
  return { address, prefixLength: Number(digits) };
}
