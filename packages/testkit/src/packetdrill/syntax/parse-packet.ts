import {
  ECN_NAMES,
  type IcmpSpec,
  type IpSpec,
  type PacketSpec,
  type Place,
  type QuotedSpec,
  type TcpOptionSpec,
  type TcpSpec,
  type UdpSpec,
} from './ast.js';
import { ICMP_CODES, ICMP_TYPES } from '../../packets/icmp-names.js';
import type { Scanner } from './scanner.js';

type Places = Map<string, Place>;

/** Parses `< ...` or `> ...`. */
export function parsePacket(scanner: Scanner): PacketSpec {
  const places: Places = new Map();
  const direction = scanner.eat('<') ? '<' : '>';
  if (direction === '>') scanner.expect('>', 'a packet');
  scanner.skipBlanks();
  places.set('packet', scanner.place);
  const ip = parseIp(scanner, places);
  scanner.skipBlanks();
  const transport = parseTransport(scanner, places);
  return { kind: 'packet', direction, ip, transport, places };
}

function parseTransport(scanner: Scanner, places: Places): PacketSpec['transport'] {
  places.set('protocol', scanner.place);
  if (scanner.match(/udp\b/y) !== undefined) return parseUdp(scanner, places);
  if (scanner.match(/icmp\b/y) !== undefined) return parseIcmp(scanner, places);
  return parseTcp(scanner, places);
}

function parseIp(scanner: Scanner, places: Places): IpSpec {
  const fields: Record<keyof IpSpec, number | undefined> = {
    ecn: undefined,
    tos: undefined,
    ttl: undefined,
    id: undefined,
  };
  if (!scanner.eat('[')) return fields;
  for (;;) {
    scanner.skipBlanks();
    if (scanner.eat(']')) return fields;
    const { place } = scanner;
    const name = scanner.word();
    scanner.skipBlanks();
    if (name !== undefined && name in ECN_NAMES) {
      fields.ecn = ECN_NAMES[name as keyof typeof ECN_NAMES];
      places.set('ecn', place);
    } else if (name === 'tos' || name === 'ttl' || name === 'id') {
      fields[name] = scanner.expectNumber(name);
      places.set(name, place);
    } else {
      throw scanner.wrong(
        `'${name ?? ''}' is nothing of an IP header: ${Object.keys(ECN_NAMES).join(', ')}, tos, ttl, id`,
      );
    }
    scanner.skipBlanks();
    scanner.eat(',');
  }
}

function parseUdp(scanner: Scanner, places: Places): UdpSpec {
  return { protocol: 'udp', length: parseLength(scanner, places) };
}

/** `(LEN)` */
function parseLength(scanner: Scanner, places: Places): number {
  scanner.skipBlanks();
  scanner.expect('(', 'the length of the payload');
  places.set('length', scanner.place);
  const length = scanner.expectNumber('the length');
  scanner.expect(')', 'after the length');
  return length;
}

function parseTcp(scanner: Scanner, places: Places): TcpSpec {
  scanner.match(/tcp\b/y);
  scanner.skipBlanks();
  places.set('flags', scanner.place);
  const flags = scanner.match(/[FSRPUEWA.]+(?=\s)/y)?.[0];
  if (flags === undefined)
    throw scanner.wrong('a packet is udp, icmp, or a TCP segment that begins with its flags (FSRPUEWA.)');
  scanner.skipBlanks();
  const { seq, length } = parseSequence(scanner, places);
  const ack = parseNamed(scanner, places, 'ack');
  const win = parseNamed(scanner, places, 'win');
  const urg = parseNamed(scanner, places, 'urg');
  scanner.skipBlanks();
  places.set('options', scanner.place);
  const options = scanner.eat('<') ? parseOptions(scanner) : [];
  return { protocol: 'tcp', flags, seq, length, ack, win, urg, options };
}

/** `SEQ:SEQ(LEN)` */
function parseSequence(scanner: Scanner, places: Places): { seq: number; length: number } {
  const start = scanner.at;
  places.set('seq', scanner.place);
  const seq = scanner.expectNumber('the sequence number');
  scanner.expect(':', 'and the sequence number after the last byte');
  const end = scanner.expectNumber('the sequence number after the last byte');
  scanner.expect('(', 'the length');
  places.set('length', scanner.place);
  const length = scanner.expectNumber('the length');
  scanner.expect(')', 'after the length');
  if (((end - seq - length) | 0) !== 0)
    throw scanner.wrong(`${seq}:${end} are ${end - seq} bytes, not ${length}`, start);
  return { seq, length };
}

function parseNamed(scanner: Scanner, places: Places, name: string): number | undefined {
  scanner.skipBlanks();
  const { place } = scanner;
  if (scanner.match(new RegExp(`${name}\\b`, 'y')) === undefined) return undefined;
  scanner.skipBlanks();
  places.set(name, place);
  return scanner.expectNumber(name);
}

/** The options after `<`; undefined for `<...>`. */
function parseOptions(scanner: Scanner): TcpOptionSpec[] | undefined {
  scanner.skipBlanks();
  if (scanner.eat('...')) {
    scanner.skipBlanks();
    scanner.expect('>', 'after ...');
    return undefined;
  }
  const options: TcpOptionSpec[] = [];
  for (;;) {
    scanner.skipSpace();
    if (scanner.eat('>')) return options;
    options.push(parseOption(scanner));
    scanner.skipSpace();
    if (!scanner.eat(',') && !scanner.sees('>')) throw scanner.wrong("',' or '>' is missing after an option");
  }
}

function parseOption(scanner: Scanner): TcpOptionSpec {
  const start = scanner.at;
  const name = scanner.word();
  scanner.skipBlanks();
  switch (name) {
    case 'mss':
    case 'wscale':
      return { name, value: scanner.expectNumber(name) };
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { name };
    case 'sack':
      return { name, blocks: parseSackBlocks(scanner) };
    case 'TS': {
      scanner.expect('val', 'of TS');
      scanner.skipBlanks();
      const value = scanner.expectNumber('val');
      scanner.skipBlanks();
      scanner.expect('ecr', 'of TS');
      scanner.skipBlanks();
      return { name, value, echo: scanner.expectNumber('ecr') };
    }
    case 'FO':
      return { name, cookie: parseCookie(scanner) };
    default:
      throw scanner.wrong('an option is mss, nop, eol, wscale, sackOK, sack, TS or FO', start);
  }
}

function parseSackBlocks(scanner: Scanner): [number, number][] {
  const blocks: [number, number][] = [];
  for (let left = scanner.number(); left !== undefined; left = scanner.number()) {
    scanner.expect(':', 'a block is written LEFT:RIGHT');
    blocks.push([left, scanner.expectNumber('the right edge')]);
    scanner.skipBlanks();
  }
  if (blocks.length === 0) throw scanner.wrong('sack has no block; one is written LEFT:RIGHT');
  return blocks;
}

function parseCookie(scanner: Scanner): Uint8Array {
  const start = scanner.at;
  const hex = scanner.match(/[0-9a-fA-F]*/y)?.[0] ?? '';
  if (hex.length % 2 !== 0) throw scanner.wrong('a cookie is whole bytes: two hexadecimal digits for each', start);
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function parseIcmp(scanner: Scanner, places: Places): IcmpSpec {
  scanner.skipBlanks();
  places.set('type', scanner.place);
  const type = parseName(scanner, ICMP_TYPES, 'the type');
  scanner.skipBlanks();
  places.set('code', scanner.place);
  const isEcho = type === ICMP_TYPES['echo_request'] || type === ICMP_TYPES['echo_reply'];
  const code = isEcho && !/\d/.test(peek(scanner)) ? 0 : parseName(scanner, ICMP_CODES[type] ?? {}, 'the code');
  const mtu = parseNamed(scanner, places, 'mtu');
  const id = parseNamed(scanner, places, 'id');
  const seq = parseNamed(scanner, places, 'seq');
  const length = isEcho ? parseLength(scanner, places) : undefined;
  scanner.skipBlanks();
  places.set('quoted', scanner.place);
  const quoted = scanner.eat('[') ? parseQuoted(scanner, places) : undefined;
  return { protocol: 'icmp', type, code, mtu, id, seq, length, quoted };
}

function peek(scanner: Scanner): string {
  return ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].find((digit) => scanner.sees(digit)) ?? '';
}

function parseName(scanner: Scanner, names: Readonly<Record<string, number>>, what: string): number {
  const number = scanner.number();
  if (number !== undefined) return number;
  const start = scanner.at;
  const name = scanner.word() ?? '';
  const value = names[name];
  if (value === undefined) {
    throw scanner.wrong(`${what} is a number or one of ${Object.keys(names).join(', ')}, not '${name}'`, start);
  }
  return value;
}

/** `[udp(LEN)]` or `[SEQ:SEQ(LEN)]`, after `[`. */
function parseQuoted(scanner: Scanner, places: Places): QuotedSpec {
  scanner.skipBlanks();
  const within: Places = new Map();
  const isUdp = scanner.match(/udp\b/y) !== undefined;
  const quoted: QuotedSpec = isUdp
    ? { protocol: 'udp', length: parseLength(scanner, within) }
    : { protocol: 'tcp', ...parseSequence(scanner, within) };
  places.set('quotedSeq', within.get('seq') ?? scanner.place);
  places.set('quotedLength', within.get('length')!);
  scanner.skipBlanks();
  scanner.expect(']', 'after what is quoted');
  return quoted;
}
