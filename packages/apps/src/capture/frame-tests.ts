/** Says of a frame whether it is meant. */
export type FramePredicate = (frame: Uint8Array) => boolean;

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
/** Protocols with ports in their first four bytes: TCP, UDP. */
const WITH_PORTS = [6, 17];

export function byEtherType(type: number): FramePredicate {
  return (frame) => etherType(frame) === type;
}

export function byProtocol(protocol: number): FramePredicate {
  return (frame) => protocolOf(frame) === protocol;
}

/** Of VLAN `id`, or of any. */
export function isVlan(id: number | undefined): FramePredicate {
  return (frame) => word(frame, 12) === ETHERTYPE_VLAN && (id === undefined || (word(frame, 14) & 0xfff) === id);
}

export function longerThan(length: number): FramePredicate {
  return (frame) => frame.length > length;
}

export function hasMac(direction: 'src' | 'dst' | undefined, mac: readonly number[]): FramePredicate {
  const isAt = (frame: Uint8Array, at: number): boolean => mac.every((byte, i) => frame[at + i] === byte);
  return (frame) => (direction !== 'src' && isAt(frame, 0)) || (direction !== 'dst' && isAt(frame, 6));
}

/** An address of the network, in IPv4 or ARP. */
export function between(direction: 'src' | 'dst' | undefined, address: number, prefixLength: number): FramePredicate {
  const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
  const isIn = (other: number): boolean => ((other ^ address) & mask) === 0;
  return (frame) => {
    const ends = addressesOf(frame);
    if (ends === undefined) return false;
    return (direction !== 'dst' && isIn(ends.src)) || (direction !== 'src' && isIn(ends.dst));
  };
}

/** A port of TCP or UDP, or of `protocol` only. */
export function atPort(
  direction: 'src' | 'dst' | undefined,
  port: number,
  protocol: number | undefined,
): FramePredicate {
  return (frame) => {
    const own = protocolOf(frame);
    if (own === undefined || !WITH_PORTS.includes(own) || (protocol !== undefined && own !== protocol)) return false;
    const at = networkAt(frame);
    const isLaterFragment = (word(frame, at + 6) & 0x1fff) !== 0;
    if (isLaterFragment) return false;
    const transportAt = at + (frame[at] & 15) * 4;
    if (transportAt + 4 > frame.length) return false;
    return (
      (direction !== 'dst' && word(frame, transportAt) === port) ||
      (direction !== 'src' && word(frame, transportAt + 2) === port)
    );
  };
}

function networkAt(frame: Uint8Array): number {
  return word(frame, 12) === ETHERTYPE_VLAN ? ETHERNET_HEADER + VLAN_TAG : ETHERNET_HEADER;
}

/** The ethertype, behind a VLAN tag if there is one; -1 of a frame too short for one. */
function etherType(frame: Uint8Array): number {
  const at = networkAt(frame);
  return frame.length < at ? -1 : word(frame, at - 2);
}

function protocolOf(frame: Uint8Array): number | undefined {
  const at = networkAt(frame);
  return etherType(frame) === ETHERTYPE_IPV4 && frame.length >= at + 20 ? frame[at + 9] : undefined;
}

function addressesOf(frame: Uint8Array): { readonly src: number; readonly dst: number } | undefined {
  const at = networkAt(frame);
  const type = etherType(frame);
  if (type === ETHERTYPE_IPV4 && frame.length >= at + 20)
    return { src: dword(frame, at + 12), dst: dword(frame, at + 16) };
  if (type === ETHERTYPE_ARP && frame.length >= at + 28)
    return { src: dword(frame, at + 14), dst: dword(frame, at + 24) };
  return undefined;
}

function word(frame: Uint8Array, at: number): number {
  return (frame[at] << 8) | frame[at + 1];
}

function dword(frame: Uint8Array, at: number): number {
  return (word(frame, at) << 16) | word(frame, at + 2);
}
