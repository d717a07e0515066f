import { ipv4Address } from '@lunetta/core';
import { ECN_NAMES, type IcmpSpec, type PacketSpec, type TcpOptionSpec, type TcpSpec } from '../syntax/ast.js';
import { icmpCodeName, icmpTypeName } from '../../packets/icmp-names.js';
import type { DecodedIcmp, DecodedPacket, DecodedTcp, DecodedUdp } from './decoded.js';
import type { Flow } from './flow.js';
import { optionNotation } from './notation.js';

/** The fields of each part of a packet that are compared. */
export const COMPARED_FIELDS = {
  ip: ['protocol', 'source', 'destination', 'ecn', 'tos', 'ttl', 'id'],
  tcp: ['srcPort', 'dstPort', 'flags', 'seq', 'length', 'ack', 'win', 'urg', 'options'],
  udp: ['srcPort', 'dstPort', 'length'],
  icmp: ['type', 'code', 'mtu', 'id', 'seq', 'length', 'quoted', 'quotedSeq', 'quotedLength'],
} as const;

type Part = keyof typeof COMPARED_FIELDS;
type FieldOf<Each extends Part> = (typeof COMPARED_FIELDS)[Each][number];

/** The first field in which a packet is not what the script expects. */
export interface Mismatch {
  /** Its name, which is also that of its place in the script. */
  readonly field: FieldOf<Part>;
  readonly expected: string;
  readonly seen: string;
}

/** What systems do differently and a script need not agree on. */
export interface CompareProfile {
  /** Whether the order of TCP options and their padding is compared. */
  readonly comparesOptionOrder: boolean;
  /** Whether `win` is compared. */
  readonly comparesWindow: boolean;
}

type Value = string | number | undefined;
type Check<Each extends Part> = readonly [field: FieldOf<Each>, expected: Value, seen: Value];

const ECN_BITS = 3;

/** Compares a packet that the stack has sent with an expected one; undefined if all that the script says is so. */
export function comparePacket(
  spec: PacketSpec,
  seen: DecodedPacket,
  flow: Flow,
  profile: CompareProfile,
): Mismatch | undefined {
  const { ip, transport } = spec;
  const { transport: other } = seen;
  if (other?.protocol !== transport.protocol) {
    return { field: 'protocol', expected: transport.protocol, seen: other?.protocol ?? `protocol ${seen.protocol}` };
  }
  return (
    firstDifference(ipChecks(ip, seen, flow)) ??
    firstDifference(portChecks(other, flow)) ??
    compareTransport(transport, other, flow, profile)
  );
}

function compareTransport(
  spec: PacketSpec['transport'],
  seen: NonNullable<DecodedPacket['transport']>,
  flow: Flow,
  profile: CompareProfile,
): Mismatch | undefined {
  if (spec.protocol === 'tcp') return compareTcp(spec, seen as DecodedTcp, flow, profile);
  if (spec.protocol === 'icmp') return firstDifference(icmpChecks(spec, seen as DecodedIcmp, flow));
  const checks: Check<'udp'>[] = [['length', spec.length, (seen as DecodedUdp).length]];
  return firstDifference(checks);
}

function ipChecks(ip: PacketSpec['ip'], seen: DecodedPacket, flow: Flow): Check<'ip'>[] {
  const ecnName = (bits: number): string => Object.entries(ECN_NAMES).find(([, value]) => value === bits)![0];
  return [
    ['source', flow.localIp, ipv4Address.format(seen.source)],
    ['destination', flow.remoteIp, ipv4Address.format(seen.destination)],
    ['ecn', ip.ecn === undefined ? undefined : ecnName(ip.ecn), ecnName(seen.tos & ECN_BITS)],
    ['tos', ip.tos, seen.tos],
    ['ttl', ip.ttl, seen.ttl],
    ['id', ip.id, seen.id],
  ];
}

function portChecks(seen: NonNullable<DecodedPacket['transport']>, flow: Flow): Check<'tcp' | 'udp'>[] {
  if (seen.protocol === 'icmp') return [];
  return [
    ['srcPort', flow.localPort, seen.srcPort],
    ['dstPort', flow.remotePort, seen.dstPort],
  ];
}

function compareTcp(spec: TcpSpec, seen: DecodedTcp, flow: Flow, profile: CompareProfile): Mismatch | undefined {
  if (flow.localIsn === undefined && seen.flags.includes('S')) flow.localIsn = (seen.seq - spec.seq) | 0;
  const sorted = (flags: string): string => [...flags].sort().join('');
  const isAcked = seen.flags.includes('.');
  const checks: Check<'tcp'>[] = [
    ['flags', sorted(spec.flags), sorted(seen.flags)],
    ['seq', spec.seq >>> 0, (seen.seq - (flow.localIsn ?? 0)) >>> 0],
    ['length', spec.length, seen.length],
    ['ack', spec.ack === undefined ? undefined : spec.ack >>> 0, isAcked ? (seen.ack - flow.remoteIsn) >>> 0 : 'none'],
    ['win', profile.comparesWindow ? spec.win : undefined, seen.win],
    ['urg', spec.urg ?? 0, seen.flags.includes('U') ? seen.urg : 0],
  ];
  return firstDifference(checks) ?? compareOptions(spec.options, seen.options, flow, profile);
}

function compareOptions(
  spec: readonly TcpOptionSpec[] | undefined,
  seen: readonly TcpOptionSpec[],
  flow: Flow,
  { comparesOptionOrder }: CompareProfile,
): Mismatch | undefined {
  if (spec === undefined) return undefined;
  const stamp = seen.find((option) => option.name === 'TS');
  const wanted = spec.find((option) => option.name === 'TS');
  if (flow.localTsBase === undefined && stamp !== undefined && wanted !== undefined) {
    flow.localTsBase = stamp.value - wanted.value;
  }
  const expectedFlow = { ...flow, remoteIsn: 0, localTsBase: 0, isLocalKnown: true } as Flow;
  const text = (options: readonly TcpOptionSpec[], base: Flow): string => {
    const names = options.map((option) => optionNotation(option, base));
    return comparesOptionOrder
      ? names.join(',')
      : names
          .filter((name) => name !== 'nop' && name !== 'eol')
          .sort()
          .join(',');
  };
  const check: Check<'tcp'> = ['options', `<${text(spec, expectedFlow)}>`, `<${text(seen, flow)}>`];
  return firstDifference([check]);
}

function icmpChecks(spec: IcmpSpec, seen: DecodedIcmp, flow: Flow): Check<'icmp'>[] {
  return [
    ['type', icmpTypeName(spec.type), icmpTypeName(seen.type)],
    ['code', icmpCodeName(spec.type, spec.code), icmpCodeName(seen.type, seen.code)],
    ['mtu', spec.mtu, seen.mtu],
    ['id', spec.id, seen.id],
    ['seq', spec.seq, seen.seq],
    ['length', spec.length, seen.length],
    ...quoteChecks(spec.quoted, seen.quoted, flow),
  ];
}

function quoteChecks(spec: IcmpSpec['quoted'], seen: DecodedIcmp['quoted'], flow: Flow): Check<'icmp'>[] {
  const checks: Check<'icmp'>[] = [['quoted', spec?.protocol, seen?.protocol]];
  if (spec?.protocol === 'tcp' && seen?.protocol === 'tcp') {
    checks.push(['quotedSeq', spec.seq >>> 0, (seen.seq - flow.remoteIsn) >>> 0]);
  }
  return [...checks, ['quotedLength', spec?.length, seen?.length]];
}

/** The first check whose values differ; what the script does not say is not compared. */
function firstDifference(checks: readonly Check<Part>[]): Mismatch | undefined {
  for (const [field, expected, seen] of checks) {
    if (expected !== undefined && expected !== seen)
      return { field, expected: String(expected), seen: String(seen ?? 'none') };
  }
  return undefined;
}
