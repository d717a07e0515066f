import { checksum, ipv4, udp, icmpv4 } from '@lunetta/core';
import type { TcpOptionSpec } from '../syntax/ast.js';

/** An IPv4 datagram that the stack has sent, taken apart; sequence numbers as on the wire. */
export interface DecodedPacket {
  readonly tos: number;
  readonly ttl: number;
  readonly id: number;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly transport: DecodedTcp | DecodedUdp | DecodedIcmp | undefined;
}

export interface DecodedTcp {
  readonly protocol: 'tcp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly win: number;
  readonly urg: number;
  readonly options: readonly TcpOptionSpec[];
  readonly length: number;
}

export interface DecodedUdp {
  readonly protocol: 'udp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly length: number;
}

export interface DecodedIcmp {
  readonly protocol: 'icmp';
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
  readonly id: number;
  readonly seq: number;
  readonly length: number;
  readonly quoted: DecodedQuote | undefined;
}

/** What an ICMP error quotes. */
type DecodedQuote =
  | { readonly protocol: 'tcp'; readonly seq: number; readonly length: number }
  | { readonly protocol: 'udp'; readonly length: number };

/** Letters of the TCP flags (RFC 9293 section 3.1), bit 0 first. `.` is ACK. */
export const FLAG_LETTERS = 'FSRP.UEWA';
const TCP_HEADER = 20;

/**
 * Takes a datagram apart.
 *
 * @throws Error that says what is wrong with it: a checksum, a length
 */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = ipv4.headerLength(view, 0);
  if (!ipv4.isChecksumGood(view, 0, headerLength)) throw new Error('its IP header checksum is wrong');
  if (ipv4.totalLength(view, 0) !== bytes.length) throw new Error('its total length is wrong');
  const protocol = ipv4.protocol(view, 0);
  return {
    tos: ipv4.tos(view, 0),
    ttl: ipv4.ttl(view, 0),
    id: ipv4.identification(view, 0),
    protocol,
    source: ipv4.source(view, 0),
    destination: ipv4.destination(view, 0),
    transport: decodeTransport(view, protocol, headerLength),
  };
}

function decodeTransport(view: DataView, protocol: number, at: number): DecodedPacket['transport'] {
  const end = view.byteLength;
  const pseudo = ipv4.pseudoHeaderSum(ipv4.source(view, 0), ipv4.destination(view, 0), protocol, end - at);
  if (protocol === ipv4.PROTOCOL_UDP) {
    if (udp.checksumField(view, at) !== 0) mustSumUp(checksum.add(pseudo, view, at, end), 'UDP');
    return {
      protocol: 'udp',
      srcPort: udp.srcPort(view, at),
      dstPort: udp.dstPort(view, at),
      length: end - at - udp.HEADER_LENGTH,
    };
  }
  if (protocol === ipv4.PROTOCOL_TCP) {
    mustSumUp(checksum.add(pseudo, view, at, end), 'TCP');
    return decodeTcp(view, at, end);
  }
  if (protocol === ipv4.PROTOCOL_ICMP) {
    mustSumUp(checksum.add(0, view, at, end), 'ICMP');
    return decodeIcmp(view, at, end);
  }
  return undefined;
}

function mustSumUp(sum: number, name: string): void {
  if (checksum.finish(sum) !== 0) throw new Error(`its ${name} checksum is wrong`);
}

function decodeTcp(view: DataView, at: number, end: number): DecodedTcp {
  const dataOffset = (view.getUint8(at + 12) >>> 4) * 4;
  if (dataOffset < TCP_HEADER || at + dataOffset > end) throw new Error('its TCP data offset is wrong');
  const bits = view.getUint16(at + 12) & 0x1ff;
  return {
    protocol: 'tcp',
    srcPort: view.getUint16(at),
    dstPort: view.getUint16(at + 2),
    flags: [...FLAG_LETTERS].filter((_, bit) => (bits & (1 << bit)) !== 0).join(''),
    seq: view.getInt32(at + 4),
    ack: view.getInt32(at + 8),
    win: view.getUint16(at + 14),
    urg: view.getUint16(at + 18),
    options: decodeOptions(view, at + TCP_HEADER, at + dataOffset),
    length: end - at - dataOffset,
  };
}

function decodeOptions(view: DataView, at: number, end: number): TcpOptionSpec[] {
  const options: TcpOptionSpec[] = [];
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) {
      options.push({ name: 'eol' });
      break;
    }
    if (kind === 1) {
      options.push({ name: 'nop' });
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) throw new Error(`its TCP option ${kind} has a wrong length`);
    options.push(decodeOption(view, kind, at, length));
    at += length;
  }
  return options;
}

function decodeOption(view: DataView, kind: number, at: number, length: number): TcpOptionSpec {
  switch (kind) {
    case 2:
      return { name: 'mss', value: view.getUint16(at + 2) };
    case 3:
      return { name: 'wscale', value: view.getUint8(at + 2) };
    case 4:
      return { name: 'sackOK' };
    case 5: {
      const blocks = Array.from({ length: (length - 2) / 8 }, (_, i): [number, number] => [
        view.getInt32(at + 2 + 8 * i),
        view.getInt32(at + 6 + 8 * i),
      ]);
      return { name: 'sack', blocks };
    }
    case 8:
      return { name: 'TS', value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
    case 34:
      return {
        name: 'FO',
        cookie: new Uint8Array(view.buffer.slice(view.byteOffset + at + 2, view.byteOffset + at + length)),
      };
    default:
      throw new Error(`its TCP option ${kind} is none that a script can name`);
  }
}

function decodeIcmp(view: DataView, at: number, end: number): DecodedIcmp {
  const type = icmpv4.type(view, at);
  return {
    protocol: 'icmp',
    type,
    code: icmpv4.code(view, at),
    mtu: view.getUint16(at + 6),
    id: icmpv4.identifier(view, at),
    seq: icmpv4.sequence(view, at),
    length: end - at - icmpv4.HEADER_LENGTH,
    quoted: icmpv4.isError(type) ? decodeQuote(view, at + icmpv4.HEADER_LENGTH, end) : undefined,
  };
}

function decodeQuote(view: DataView, at: number, end: number): DecodedQuote | undefined {
  if (!ipv4.fits(at, end)) return undefined;
  const transportAt = at + ipv4.headerLength(view, at);
  if (end - transportAt < 8) return undefined;
  const length = ipv4.totalLength(view, at) - (transportAt - at);
  if (ipv4.protocol(view, at) === ipv4.PROTOCOL_UDP) return { protocol: 'udp', length: length - udp.HEADER_LENGTH };
  if (ipv4.protocol(view, at) !== ipv4.PROTOCOL_TCP) return undefined;
  const dataOffset = end - transportAt > 12 ? (view.getUint8(transportAt + 12) >>> 4) * 4 : TCP_HEADER;
  return { protocol: 'tcp', seq: view.getInt32(transportAt + 4), length: length - dataOffset };
}
