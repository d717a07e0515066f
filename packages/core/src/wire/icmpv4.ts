/** ICMP for IPv4 (RFC 792). */
export const HEADER_LENGTH = 8;

export const TYPE_ECHO_REPLY = 0;
export const TYPE_UNREACHABLE = 3;
export const TYPE_SOURCE_QUENCH = 4;
export const TYPE_REDIRECT = 5;
export const TYPE_ECHO_REQUEST = 8;
export const TYPE_TIME_EXCEEDED = 11;
export const TYPE_PARAMETER_PROBLEM = 12;

/** Codes of {@link TYPE_UNREACHABLE} (RFC 792, RFC 1122 section 3.2.2.1). */
export const CODE_NET_UNREACHABLE = 0;
export const CODE_HOST_UNREACHABLE = 1;
export const CODE_PROTOCOL_UNREACHABLE = 2;
export const CODE_PORT_UNREACHABLE = 3;
export const CODE_FRAGMENTATION_NEEDED = 4;

/** Codes of {@link TYPE_TIME_EXCEEDED} (RFC 792). */
export const CODE_TTL_EXCEEDED = 0;
export const CODE_REASSEMBLY_TIME_EXCEEDED = 1;

/** True if a header lies in `[at, end)`; then no reader of this file can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

export function type(view: DataView, at: number): number {
  return view.getUint8(at);
}

export function code(view: DataView, at: number): number {
  return view.getUint8(at + 1);
}

export function checksumField(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** Of echo messages. */
export function identifier(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** Of echo messages. */
export function sequence(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** The second word of the header: identifier and sequence, or the unused word of errors. */
export function word(view: DataView, at: number): number {
  return view.getInt32(at + 4);
}

/** Of "fragmentation needed": the MTU of the next hop (RFC 1191 section 4); 0 if the router does not say it. */
export function nextHopMtu(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** True for the types that quote a datagram (RFC 1122 section 3.2.2). */
export function isError(type: number): boolean {
  return (
    type === TYPE_UNREACHABLE ||
    type === TYPE_SOURCE_QUENCH ||
    type === TYPE_REDIRECT ||
    type === TYPE_TIME_EXCEEDED ||
    type === TYPE_PARAMETER_PROBLEM
  );
}

/** Writes a header at `at`; `rest` is its second word (identifier and sequence, or the unused word of errors). */
export function write(view: DataView, at: number, type: number, code: number, checksum: number, rest: number): void {
  view.setInt32(at, (type << 24) | (code << 16) | checksum);
  view.setInt32(at + 4, rest);
}
