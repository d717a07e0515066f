import { checksum, ipv4 } from '@lunetta/core';
import { pseudoSum, readPseudoSum } from './ipv4-layer.js';
import { bytesOf, concat, hex16, malformedLayer } from './layer.js';
import type { Fields, LayerKind, ReadLayer, ReadRequest } from './layer.js';
import { readTcpOptions, writeTcpOptions, type TcpOption } from './tcp-options.js';

/** The control bits (RFC 9293 section 3.1, RFC 3168, RFC 9768), bit 0 first. */
export const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'] as const;

/** A control bit of TCP. */
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** The fields of a TCP header (RFC 9293 section 3.1). */
export interface TcpValues {
  /** 49152. */
  readonly srcPort: number;
  /** 7, echo. */
  readonly dstPort: number;
  /** 0. */
  readonly seq: number;
  /** 0. */
  readonly ack: number;
  /** The data offset in bytes, a multiple of 4. */
  readonly headerLength: number;
  /** In any order. `['ACK']`. */
  readonly flags: readonly TcpFlag[];
  /** As it stands in the header, not scaled. 65535. */
  readonly window: number;
  readonly checksum: number;
  /** 0. */
  readonly urgent: number;
  /** None. Padding is not listed. */
  readonly options: readonly TcpOption[];
  /** The options as bytes, a multiple of 4, padding included. */
  readonly optionBytes: Uint8Array;
}

/** A header without options. */
const MIN_HEADER_LENGTH = 20;
const DEFAULTS = { srcPort: 49_152, dstPort: 7, seq: 0, ack: 0, flags: ['ACK'], window: 65_535, urgent: 0 } as const;

export const tcpLayer: LayerKind = {
  write(fields, body, around) {
    const given = { ...DEFAULTS, ...(fields as Partial<TcpValues>) };
    const options = given.optionBytes ?? writeTcpOptions(given.options ?? []);
    const headerLength = MIN_HEADER_LENGTH + options.length;
    const segment = concat(new Uint8Array(MIN_HEADER_LENGTH), options, body);
    const view = new DataView(segment.buffer);
    view.setUint16(0, given.srcPort);
    view.setUint16(2, given.dstPort);
    view.setInt32(4, given.seq | 0);
    view.setInt32(8, given.ack | 0);
    const bits = given.flags.reduce((sum, flag) => sum | (1 << TCP_FLAGS.indexOf(flag)), 0);
    view.setUint16(12, ((given.headerLength ?? headerLength) << 10) | bits);
    view.setUint16(14, given.window);
    view.setUint16(18, given.urgent);
    const pseudo = pseudoSum(around, ipv4.PROTOCOL_TCP, segment.length);
    view.setUint16(16, given.checksum ?? checksum.finish(checksum.add(pseudo, view, 0, segment.length)));
    return segment;
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (end - at < MIN_HEADER_LENGTH) return readBeginning(request);
    const headerLength = (view.getUint8(at + 12) >> 4) * 4;
    if (headerLength < MIN_HEADER_LENGTH || at + headerLength > end) {
      return malformedLayer('tcp', request, `a header length of ${headerLength} in ${end - at} bytes`);
    }
    const optionBytes = bytesOf(view, at + MIN_HEADER_LENGTH, at + headerLength);
    const options = readTcpOptions(view, at + MIN_HEADER_LENGTH, at + headerLength);
    const bits = view.getUint16(at + 12) & 0x1ff;
    const fields: TcpValues = {
      srcPort: view.getUint16(at),
      dstPort: view.getUint16(at + 2),
      seq: view.getUint32(at + 4),
      ack: view.getUint32(at + 8),
      headerLength,
      flags: TCP_FLAGS.filter((_, bit) => (bits & (1 << bit)) !== 0),
      window: view.getUint16(at + 14),
      checksum: view.getUint16(at + 16),
      urgent: view.getUint16(at + 18),
      options: options ?? [],
      optionBytes,
    };
    const faults = faultsOf(request, fields.checksum);
    if (options === undefined) faults.set('options', 'the length of one is wrong');
    return { name: 'tcp', fields: { ...fields }, faults, inner: 'payload', bodyAt: at + headerLength, bodyEnd: end };
  },
};

/** The first eight bytes, all that an ICMP error needs to quote (RFC 792): ports and sequence number. */
function readBeginning(request: ReadRequest): ReadLayer {
  const { view, at, end, outer } = request;
  if (end - at < 8 || !outer.some(({ name }) => name === 'icmp')) {
    return malformedLayer('tcp', request, `${end - at} bytes are no TCP header`);
  }
  const fields = { srcPort: view.getUint16(at), dstPort: view.getUint16(at + 2), seq: view.getUint32(at + 4) };
  return { name: 'tcp', fields, faults: new Map(), inner: 'payload', bodyAt: end, bodyEnd: end };
}

/** Flags in the order of the header, so that any order compares. */
export function withSortedFlags(fields: Fields): Fields {
  const { flags } = fields;
  return Array.isArray(flags) ? { ...fields, flags: TCP_FLAGS.filter((flag) => flags.includes(flag)) } : fields;
}

function faultsOf(request: ReadRequest, field: number): Map<string, string> {
  const { view, at, end } = request;
  const pseudo = readPseudoSum(request, ipv4.PROTOCOL_TCP);
  if (pseudo === undefined || checksum.finish(checksum.add(pseudo, view, at, end)) === 0) return new Map();
  const right = checksum.finish(checksum.add(checksum.add(pseudo, view, at, at + 16), view, at + 18, end));
  return new Map([['checksum', `${hex16(field)} is wrong: ${hex16(right)} would be right`]]);
}
