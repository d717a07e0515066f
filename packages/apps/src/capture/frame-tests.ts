/** Says of a frame whether it is meant. */
export type FramePredicate = (frame: Uint8Array) => boolean;

/** Where the ethertype stands in a frame without VLAN tags; each tag before it moves it on by {@link TAG_LENGTH}. */
export const ETHERTYPE_AT = 12;
export const TAG_LENGTH = 4;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** ARP, and RARP, which has its form. */
const ETHERTYPES_ARP = [0x0806, 0x8035];
/** Of a VLAN, of the outer one of two, and what was used for that before (IEEE 802.1Q, 802.1ad). */
const ETHERTYPES_VLAN = [0x8100, 0x88a8, 0x9100];
/** Protocols with ports in their first four bytes: TCP, UDP, SCTP. */
const WITH_PORTS = [6, 17, 132];
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
/** The next header of a fragment (RFC 8200 section 4.5). */
const IPV6_FRAGMENT = 44;

// Where a frame is too short for what is asked it is not meant. `typeAt` is where its ethertype stands.

export function byEtherType(type: number, typeAt: number): FramePredicate {
  return (frame) => etherType(frame, typeAt) === type;
}

/** A protocol over IPv4. */
export function byIpv4Protocol(protocol: number, typeAt: number): FramePredicate {
  return (frame) => ipv4Protocol(frame, typeAt) === protocol;
}

/** A protocol over IPv6, also in a fragment; other extension headers are not looked behind. */
export function byIpv6Protocol(protocol: number, typeAt: number): FramePredicate {
  return (frame) => {
    const next = ipv6NextHeader(frame, typeAt);
    return next === protocol || (next === IPV6_FRAGMENT && frame[typeAt + 2 + IPV6_HEADER] === protocol);
  };
}

/** A VLAN tag, of VLAN `id` or of any. */
export function isVlan(id: number | undefined, typeAt: number): FramePredicate {
  return (frame) =>
    ETHERTYPES_VLAN.includes(etherType(frame, typeAt)) &&
    (id === undefined || (word(frame, typeAt + 2) & 0xfff) === id);
}

export function longerThan(length: number): FramePredicate {
  return (frame) => frame.length > length;
}

export function hasMac(direction: 'src' | 'dst' | undefined, mac: readonly number[]): FramePredicate {
  const isAt = (frame: Uint8Array, at: number): boolean => mac.every((byte, i) => frame[at + i] === byte);
  return (frame) => (direction !== 'src' && isAt(frame, 0)) || (direction !== 'dst' && isAt(frame, 6));
}

/** An address of the network, in IPv4 or ARP. */
export function between(
  direction: 'src' | 'dst' | undefined,
  address: number,
  prefixLength: number,
  typeAt: number,
): FramePredicate {
  const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
  const isIn = (other: number): boolean => ((other ^ address) & mask) === 0;
  return (frame) => {
    const ends = addressesOf(frame, typeAt);
    if (ends === undefined) return false;
    return (direction !== 'dst' && isIn(ends.src)) || (direction !== 'src' && isIn(ends.dst));
  };
}

/** A port of TCP, UDP or SCTP, or of `protocol` only; in the first fragment of a datagram. */
export function atPort(
  direction: 'src' | 'dst' | undefined,
  port: number,
  protocol: number | undefined,
  typeAt: number,
): FramePredicate {
  const protocols = protocol === undefined ? WITH_PORTS : [protocol];
  return (frame) => {
    const at = portsAt(frame, protocols, typeAt);
    if (at === undefined || at + 4 > frame.length) return false;
    return (direction !== 'dst' && word(frame, at) === port) || (direction !== 'src' && word(frame, at + 2) === port);
  };
}

/** Where the ports stand of a datagram of one of the protocols. */
function portsAt(frame: Uint8Array, protocols: readonly number[], typeAt: number): number | undefined {
  const at = typeAt + 2;
  const isOver = (protocol: number | undefined): boolean => protocol !== undefined && protocols.includes(protocol);
  if (isOver(ipv6NextHeader(frame, typeAt))) return at + IPV6_HEADER;
  const isLaterFragment = (word(frame, at + 6) & 0x1fff) !== 0;
  return isOver(ipv4Protocol(frame, typeAt)) && !isLaterFragment ? at + (frame[at] & 15) * 4 : undefined;
}

/** -1 of a frame too short for one. */
function etherType(frame: Uint8Array, typeAt: number): number {
  return frame.length < typeAt + 2 ? -1 : word(frame, typeAt);
}

function ipv4Protocol(frame: Uint8Array, typeAt: number): number | undefined {
  const at = typeAt + 2;
  return etherType(frame, typeAt) === ETHERTYPE_IPV4 && frame.length >= at + IPV4_HEADER ? frame[at + 9] : undefined;
}

function ipv6NextHeader(frame: Uint8Array, typeAt: number): number | undefined {
  const at = typeAt + 2;
  return etherType(frame, typeAt) === ETHERTYPE_IPV6 && frame.length >= at + IPV6_HEADER ? frame[at + 6] : undefined;
}

function addressesOf(frame: Uint8Array, typeAt: number): { readonly src: number; readonly dst: number } | undefined {
  const at = typeAt + 2;
  const type = etherType(frame, typeAt);
  if (type === ETHERTYPE_IPV4 && frame.length >= at + IPV4_HEADER)
    return { src: dword(frame, at + 12), dst: dword(frame, at + 16) };
  if (ETHERTYPES_ARP.includes(type) && frame.length >= at + 28)
    return { src: dword(frame, at + 14), dst: dword(frame, at + 24) };
  return undefined;
}

function word(frame: Uint8Array, at: number): number {
  return (frame[at] << 8) | frame[at + 1];
}

function dword(frame: Uint8Array, at: number): number {
  return (word(frame, at) << 16) | word(frame, at + 2);
}
