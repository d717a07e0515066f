/** The TCP header (RFC 9293 section 3.1). */
export const HEADER_LENGTH = 20;
/** With as many options as fit. */
export const MAX_HEADER_LENGTH = 60;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
/** The receiver has seen a congestion mark (RFC 3168 section 6.1). */
export const ECE = 0x40;
/** The sender has reduced its window (RFC 3168 section 6.1). */
export const CWR = 0x80;

/** True if a header without options lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

export function srcPort(view: DataView, at: number): number {
  return view.getUint16(at);
}

export function dstPort(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** Both ports as one word: source in the high half. */
export function ports(view: DataView, at: number): number {
  return view.getInt32(at);
}

/** Sequence number, signed 32 bits. */
export function seq(view: DataView, at: number): number {
  return view.getInt32(at + 4);
}

/** Acknowledgment number, signed 32 bits. */
export function ack(view: DataView, at: number): number {
  return view.getInt32(at + 8);
}

/** In bytes, as the header says: 0..60. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at + 12) >>> 4) << 2;
}

/** The eight control bits. */
export function flags(view: DataView, at: number): number {
  return view.getUint8(at + 13);
}

/** The window as it stands there, not scaled. */
export function window(view: DataView, at: number): number {
  return view.getUint16(at + 14);
}

export function checksumField(view: DataView, at: number): number {
  return view.getUint16(at + 16);
}

export function urgentPointer(view: DataView, at: number): number {
  return view.getUint16(at + 18);
}

/** Writes a header of `headerLength` bytes at `at`, whose options are written apart; checksum and urgent pointer are 0. */
export function write(
  view: DataView,
  at: number,
  srcPort: number,
  dstPort: number,
  seq: number,
  ack: number,
  headerLength: number,
  flags: number,
  window: number,
): void {
  view.setInt32(at, (srcPort << 16) | dstPort);
  view.setInt32(at + 4, seq);
  view.setInt32(at + 8, ack);
  view.setInt32(at + 12, (headerLength << 26) | (flags << 16) | window);
  view.setInt32(at + 16, 0);
}

export function setSeqAndFlags(view: DataView, at: number, seq: number, flags: number): void {
  view.setInt32(at + 4, seq);
  view.setUint8(at + 13, flags);
}

export function setChecksum(view: DataView, at: number, checksum: number): void {
  view.setUint16(at + 16, checksum);
}
