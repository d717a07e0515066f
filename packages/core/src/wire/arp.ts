/** ARP for IPv4 over Ethernet (RFC 826). Hardware addresses as in `mac-address.ts`. */
export const PACKET_LENGTH = 28;

export const OPERATION_REQUEST = 1;
export const OPERATION_REPLY = 2;

/** Hardware type Ethernet (1), protocol type IPv4 (0x0800) as one word. */
const ETHERNET_AND_IPV4 = 0x00010800;
/** Hardware address length 6, protocol address length 4 as one word. */
const LENGTHS = 0x0604;

/** True if a whole packet lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= PACKET_LENGTH;
}

/** True if the packet speaks of Ethernet and IPv4 addresses, the only ones that we resolve. */
export function isEthernetIpv4(view: DataView, at: number): boolean {
  return view.getInt32(at) === ETHERNET_AND_IPV4 && view.getUint16(at + 4) === LENGTHS;
}

export function operation(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

export function senderHardwareHi(view: DataView, at: number): number {
  return view.getUint16(at + 8);
}

export function senderHardwareLo(view: DataView, at: number): number {
  return view.getInt32(at + 10);
}

export function senderAddress(view: DataView, at: number): number {
  return view.getInt32(at + 14);
}

export function targetHardwareHi(view: DataView, at: number): number {
  return view.getUint16(at + 18);
}

export function targetHardwareLo(view: DataView, at: number): number {
  return view.getInt32(at + 20);
}

export function targetAddress(view: DataView, at: number): number {
  return view.getInt32(at + 24);
}

/** Writes a packet at `at`. */
export function write(
  view: DataView,
  at: number,
  operation: number,
  senderHi: number,
  senderLo: number,
  senderAddress: number,
  targetHi: number,
  targetLo: number,
  targetAddress: number,
): void {
  view.setInt32(at, ETHERNET_AND_IPV4);
  view.setUint16(at + 4, LENGTHS);
  view.setUint16(at + 6, operation);
  view.setUint16(at + 8, senderHi);
  view.setInt32(at + 10, senderLo);
  view.setInt32(at + 14, senderAddress);
  view.setUint16(at + 18, targetHi);
  view.setInt32(at + 20, targetLo);
  view.setInt32(at + 24, targetAddress);
}
