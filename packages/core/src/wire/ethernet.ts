/**
 * Ethernet II frames: destination (6 bytes), source (6), ethertype (2), payload. The frame check sequence is the
 * device's. An address is read as its first two bytes (`Hi`, unsigned) and its last four (`Lo`, signed 32 bits).
 */
export const HEADER_LENGTH = 14;

/** Ethertypes (IANA, IEEE 802 numbers). */
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
/** A tag of IEEE 802.1Q follows: its TCI (2 bytes) and the next ethertype. */
export const ETHERTYPE_VLAN = 0x8100;
/** As {@link ETHERTYPE_VLAN}, the outer one of several (IEEE 802.1ad). */
export const ETHERTYPE_SERVICE_VLAN = 0x88a8;

/** Length of a tag. */
export const TAG_LENGTH = 4;
/** Of the ethertype in a header without tags. */
export const TYPE_AT = 12;
/** The bits of a TCI that are the VLAN's number. */
const VLAN_ID = 0xfff;

/** True if a whole header lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

export function destinationHi(view: DataView, at: number): number {
  return view.getUint16(at);
}

export function destinationLo(view: DataView, at: number): number {
  return view.getInt32(at + 2);
}

export function sourceHi(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

export function sourceLo(view: DataView, at: number): number {
  return view.getInt32(at + 8);
}

export function ethertype(view: DataView, at: number): number {
  return view.getUint16(at + 12);
}

/** True if `type` says that a tag follows. */
export function isTag(type: number): boolean {
  return type === ETHERTYPE_VLAN || type === ETHERTYPE_SERVICE_VLAN;
}

/** The VLAN's number in a tag control information (TCI); 0: none, only a priority. */
export function vlanOf(tci: number): number {
  return tci & VLAN_ID;
}

/** Writes a header at `at`. */
export function write(
  view: DataView,
  at: number,
  destinationHi: number,
  destinationLo: number,
  sourceHi: number,
  sourceLo: number,
  ethertype: number,
): void {
  view.setUint16(at, destinationHi);
  view.setInt32(at + 2, destinationLo);
  view.setUint16(at + 6, sourceHi);
  view.setInt32(at + 8, sourceLo);
  view.setUint16(at + 12, ethertype);
}
