import { checksum, icmpv4, LunettaError } from '@lunetta/core';
import { ICMP_CODES, ICMP_TYPES, type IcmpCodeName, type IcmpTypeName } from './icmp-names.js';
import { isWholeDatagram } from './ipv4-layer.js';
import { concat, hex16, malformedLayer, type Fields, type LayerKind, type ReadLayer } from './layer.js';

/** The fields of an ICMP header (RFC 792). */
export interface IcmpValues {
  /** A number or a name such as `echo_request`, the default, or `unreachable`. */
  readonly type: IcmpTypeName | number;
  /** A number or a name such as `port_unreachable`. 0. */
  readonly code: IcmpCodeName | number;
  readonly checksum: number;
  /** The second word of the header, whatever it means; the fields below are its parts. 0. */
  readonly rest: number;
  /** Of echo messages: the upper half of `rest`. */
  readonly id: number;
  /** Of echo messages: the lower half of `rest`. */
  readonly seq: number;
  /** Of fragmentation needed (RFC 1191): the lower half of `rest`. */
  readonly mtu: number;
  /** Of parameter problem: the first byte of `rest`. */
  readonly pointer: number;
}

export const icmpLayer: LayerKind = {
  write(fields, body) {
    const values = { rest: 0, id: 0, seq: 0, mtu: 0, pointer: 0, ...withNumbers(fields) } as IcmpValues;
    const { type = icmpv4.TYPE_ECHO_REQUEST, code = 0 } = values as { type?: number; code?: number };
    const rest = values.rest | (values.pointer << 24) | (values.id << 16) | values.seq | values.mtu;
    const message = concat(new Uint8Array(icmpv4.HEADER_LENGTH), body);
    const view = new DataView(message.buffer);
    icmpv4.write(view, 0, type, code, 0, rest);
    view.setUint16(2, values.checksum ?? checksum.finish(checksum.add(0, view, 0, message.length)));
    return message;
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (!icmpv4.fits(at, end)) return malformedLayer('icmp', request, `${end - at} bytes are no ICMP header`);
    const type = icmpv4.type(view, at);
    const fields: IcmpValues = {
      type,
      code: icmpv4.code(view, at),
      checksum: icmpv4.checksumField(view, at),
      rest: icmpv4.word(view, at) >>> 0,
      id: icmpv4.identifier(view, at),
      seq: icmpv4.sequence(view, at),
      mtu: view.getUint16(at + 6),
      pointer: view.getUint8(at + 4),
    };
    const faults = new Map<string, string>();
    if (isWholeDatagram(request) && checksum.finish(checksum.add(0, view, at, end)) !== 0) {
      const right = checksum.finish(checksum.add(checksum.add(0, view, at, at + 2), view, at + 4, end));
      faults.set('checksum', `${hex16(fields.checksum)} is wrong: ${hex16(right)} would be right`);
    }
    const inner = icmpv4.isError(type) ? 'ipv4' : 'payload';
    return { name: 'icmp', fields: { ...fields }, faults, inner, bodyAt: at + icmpv4.HEADER_LENGTH, bodyEnd: end };
  },
};

/** Fields with names of type and code made numbers. */
export function withNumbers(fields: Fields): Fields {
  const { type, code } = fields;
  const numbers: Record<string, unknown> = { ...fields };
  if (typeof type === 'string') numbers['type'] = known(ICMP_TYPES[type as IcmpTypeName], `type '${type}'`);
  if (typeof code === 'string') {
    const codes = ICMP_CODES[numbers['type'] as number] ?? {};
    numbers['code'] = known(codes[code], `code '${code}' of the type ${String(type)}`);
  }
  return numbers;
}

function known(value: number | undefined, what: string): number {
  if (value === undefined) throw new LunettaError('LUNETTA_ERR_CONFIG', `ICMP has no ${what}; give its number`);
  return value;
}
