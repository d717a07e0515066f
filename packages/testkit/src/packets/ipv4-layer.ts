import { checksum, ipv4 } from '@lunetta/core';
import { ipv4Number, ipv4Text } from './addresses.js';
import { bytesOf, concat, hex16, malformedLayer } from './layer.js';
import type { LayerKind, LayerName, ReadLayer, ReadRequest, Surroundings } from './layer.js';

/** The fields of an IPv4 header (RFC 791). */
export interface Ipv4Values {
  /** 4. */
  readonly version: number;
  /** In bytes, a multiple of 4. */
  readonly headerLength: number;
  /** DSCP and ECN together (RFC 2474, 3168). 0. */
  readonly tos: number;
  /** The upper six bits of `tos`. */
  readonly dscp: number;
  /** The lower two bits of `tos`. */
  readonly ecn: number;
  readonly totalLength: number;
  /** 1. */
  readonly id: number;
  /** The first of the three flags, which must be 0. false. */
  readonly reservedFlag: boolean;
  /** false. */
  readonly dontFragment: boolean;
  /** false. */
  readonly moreFragments: boolean;
  /** In bytes, a multiple of 8. 0. */
  readonly fragmentOffset: number;
  /** 64. */
  readonly ttl: number;
  /** That of the layer within; UDP if there is only a payload. */
  readonly protocol: number;
  readonly checksum: number;
  /** 10.0.0.2, the test in `StackLab`. */
  readonly src: string;
  /** 10.0.0.1, the stack in `StackLab`. */
  readonly dst: string;
  /** None; a multiple of 4 bytes. */
  readonly options: Uint8Array;
}

const RESERVED_FLAG = 0x8000;
const PROTOCOL_IPV4 = 4;
const PROTOCOLS: Partial<Record<LayerName, number>> = {
  icmp: ipv4.PROTOCOL_ICMP,
  igmp: ipv4.PROTOCOL_IGMP,
  tcp: ipv4.PROTOCOL_TCP,
  udp: ipv4.PROTOCOL_UDP,
  ipv4: PROTOCOL_IPV4,
};
const FREE = { version: 4, tos: 0, dscp: 0, ecn: 0, id: 1, fragmentOffset: 0, ttl: 64 };
const ADDRESSES = { src: '10.0.0.2', dst: '10.0.0.1' };

export const ipv4Layer: LayerKind = {
  write(fields, body, { inner }) {
    const options = (fields['options'] as Uint8Array | undefined) ?? new Uint8Array(0);
    const header = new Uint8Array(ipv4.MIN_HEADER_LENGTH + options.length);
    const right = {
      protocol: PROTOCOLS[inner ?? 'udp'] ?? ipv4.PROTOCOL_UDP,
      totalLength: header.length + body.length,
    };
    const values = { ...FREE, ...ADDRESSES, headerLength: header.length, ...right, ...fields } as Ipv4Values;
    const view = new DataView(header.buffer);
    view.setUint8(0, (values.version << 4) | (values.headerLength >> 2));
    view.setUint8(1, values.tos | (values.dscp << 2) | values.ecn);
    view.setUint16(2, values.totalLength);
    view.setUint16(4, values.id);
    view.setUint16(6, fragmentWord(values));
    view.setUint8(8, values.ttl);
    view.setUint8(9, values.protocol);
    view.setInt32(12, ipv4Number(values.src));
    view.setInt32(16, ipv4Number(values.dst));
    header.set(options, ipv4.MIN_HEADER_LENGTH);
    view.setUint16(10, values.checksum ?? checksum.finish(checksum.add(0, view, 0, header.length)));
    return concat(header, body);
  },

  read(request): ReadLayer {
    const { view, at, end, outer } = request;
    if (!ipv4.fits(at, end)) return malformedLayer('ipv4', request, `${end - at} bytes are no IPv4 header`);
    const headerLength = ipv4.headerLength(view, at);
    if (headerLength < ipv4.MIN_HEADER_LENGTH || at + headerLength > end) {
      return malformedLayer('ipv4', request, `a header length of ${headerLength} in ${end - at} bytes`);
    }
    const bodyAt = at + headerLength;
    const bodyEnd = Math.min(Math.max(at + ipv4.totalLength(view, at), bodyAt), end);
    const fields = readFields(view, at, headerLength);
    // An ICMP error quotes a datagram's beginning.
    const isQuoted = outer.some(({ name }) => name === 'icmp');
    const faults = faultsOf(request, fields, isQuoted);
    const inner = fields.fragmentOffset > 0 ? 'payload' : layerOfProtocol(fields.protocol);
    return { name: 'ipv4', fields: { ...fields }, faults, inner, bodyAt, bodyEnd };
  },
};

/** The sum of the pseudo-header that a transport's checksum covers, for a segment of `length` bytes. */
export function pseudoSum(around: Surroundings, protocol: number, length: number): number {
  const enclosing = around.outer.findLast(({ name }) => name === 'ipv4');
  const { src, dst } = { ...ADDRESSES, ...enclosing?.fields } as Ipv4Values;
  return ipv4.pseudoHeaderSum(ipv4Number(src), ipv4Number(dst), protocol, length);
}

/** As {@link pseudoSum}, of a layer that is read; undefined if not all of its datagram is there. */
export function readPseudoSum({ at, end, outer }: ReadRequest, protocol: number): number | undefined {
  const enclosing = outer.findLast(({ name }) => name === 'ipv4');
  if (enclosing === undefined) return undefined;
  const { src, dst, moreFragments, totalLength, headerLength } = enclosing.fields as unknown as Ipv4Values;
  if (moreFragments || totalLength - headerLength !== end - at) return undefined;
  return ipv4.pseudoHeaderSum(ipv4Number(src), ipv4Number(dst), protocol, end - at);
}

/** True if all of the datagram around a layer is there: none of its fragments alone, not cut by a quotation. */
export function isWholeDatagram(request: ReadRequest): boolean {
  return readPseudoSum(request, 0) !== undefined;
}

function fragmentWord({ reservedFlag, dontFragment, moreFragments, fragmentOffset }: Ipv4Values): number {
  const flags =
    (reservedFlag ? RESERVED_FLAG : 0) |
    (dontFragment ? ipv4.DONT_FRAGMENT : 0) |
    (moreFragments ? ipv4.MORE_FRAGMENTS : 0);
  return flags | (fragmentOffset >> 3);
}

function readFields(view: DataView, at: number, headerLength: number): Ipv4Values {
  const word = ipv4.fragmentWord(view, at);
  const tos = ipv4.tos(view, at);
  return {
    version: ipv4.version(view, at),
    headerLength,
    tos,
    dscp: tos >> 2,
    ecn: tos & 3,
    totalLength: ipv4.totalLength(view, at),
    id: ipv4.identification(view, at),
    reservedFlag: (word & RESERVED_FLAG) !== 0,
    dontFragment: (word & ipv4.DONT_FRAGMENT) !== 0,
    moreFragments: (word & ipv4.MORE_FRAGMENTS) !== 0,
    fragmentOffset: ipv4.fragmentOffset(view, at),
    ttl: ipv4.ttl(view, at),
    protocol: ipv4.protocol(view, at),
    checksum: ipv4.headerChecksum(view, at),
    src: ipv4Text(view, at + 12),
    dst: ipv4Text(view, at + 16),
    options: bytesOf(view, at + ipv4.MIN_HEADER_LENGTH, at + headerLength),
  };
}

function faultsOf({ view, at, end }: ReadRequest, fields: Ipv4Values, isQuoted: boolean): Map<string, string> {
  const faults = new Map<string, string>();
  const { version, headerLength, totalLength, ttl } = fields;
  if (version !== 4) faults.set('version', `${version} is not 4`);
  if (totalLength < headerLength || (at + totalLength > end && !isQuoted)) {
    faults.set('totalLength', `${totalLength} is wrong: there are ${end - at} bytes`);
  }
  if (fields.moreFragments && (totalLength - headerLength) % 8 !== 0) {
    faults.set('totalLength', `${totalLength} is wrong: what is in a fragment before others is a multiple of 8 bytes`);
  }
  if (ttl === 0 && !isQuoted) faults.set('ttl', '0 is never on a wire');
  if (!ipv4.isChecksumGood(view, at, headerLength)) {
    const rest = checksum.add(checksum.add(0, view, at, at + 10), view, at + 12, at + headerLength);
    faults.set('checksum', `${hex16(fields.checksum)} is wrong: ${hex16(checksum.finish(rest))} would be right`);
  }
  return faults;
}

function layerOfProtocol(protocol: number): LayerName {
  return (Object.keys(PROTOCOLS) as LayerName[]).find((name) => PROTOCOLS[name] === protocol) ?? 'payload';
}
