/** ICMP for IPv4 (RFC 792). */
import * as checksum from './checksum.js';

export const HEADER_LENGTH = 8;

export const TYPE_ECHO_REPLY = 0;
export const TYPE_UNREACHABLE = 3;
export const TYPE_SOURCE_QUENCH = 4;
export const TYPE_REDIRECT = 5;
export const TYPE_ECHO_REQUEST = 8;
export const TYPE_TIME_EXCEEDED = 11;
export const TYPE_PARAMETER_PROBLEM = 12;
export const TYPE_TIMESTAMP = 13;
export const TYPE_TIMESTAMP_REPLY = 14;

/** Length of a timestamp message, header included. */
export const TIMESTAMP_LENGTH = 20;

/** Codes of {@link TYPE_UNREACHABLE} (RFC 792, RFC 1122 section 3.2.2.1). */
export const CODE_NET_UNREACHABLE = 0;
export const CODE_HOST_UNREACHABLE = 1;
export const CODE_PROTOCOL_UNREACHABLE = 2;
export const CODE_PORT_UNREACHABLE = 3;
export const CODE_FRAGMENTATION_NEEDED = 4;
export const CODE_SOURCE_ROUTE_FAILED = 5;
/** RFC 1812 section 5.2.7.1. */
export const CODE_ADMINISTRATIVELY_PROHIBITED = 13;

/** Codes of {@link TYPE_REDIRECT} (RFC 792): for the network (obsolete), the host, and either with a type of service. */
export const CODE_REDIRECT_HOST = 1;
export const MAX_REDIRECT_CODE = 3;

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

/** Says of a time that it is not counted from midnight UT (RFC 792). */
const NON_STANDARD_TIME = 0x80000000;

/** Makes the timestamp request in `[at, end)` its reply; `nowMs` is a time of our own. */
export function writeTimestampReply(view: DataView, at: number, end: number, nowMs: number): void {
  view.setUint8(at, TYPE_TIMESTAMP_REPLY);
  view.setUint32(at + 12, NON_STANDARD_TIME + (nowMs & 0x7fffffff));
  view.setUint32(at + 16, NON_STANDARD_TIME + (nowMs & 0x7fffffff));
  view.setUint16(at + 2, 0);
  view.setUint16(at + 2, checksum.finish(checksum.add(0, view, at, end)));
}
