/** The UDP header (RFC 768). */
export const HEADER_LENGTH = 8;

/** True if a header lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

export function srcPort(view: DataView, at: number): number {
  return view.getUint16(at);
}

export function dstPort(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** Header and payload in bytes, as the header says. */
export function length(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** 0: the sender made none. */
export function checksumField(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** Writes a header at `at`. */
export function write(
  view: DataView,
  at: number,
  srcPort: number,
  dstPort: number,
  length: number,
  checksum: number,
): void {
  view.setInt32(at, (srcPort << 16) | dstPort);
  view.setInt32(at + 4, (length << 16) | checksum);
}
