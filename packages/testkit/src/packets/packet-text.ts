import { stringify } from 'jest-matcher-utils';
import { isOpen } from './field-pattern.js';
import { icmpCodeName, icmpTypeName } from './icmp-names.js';
import type { IgmpRecord } from './igmp-layer.js';
import { hex16, type Fields, type LayerName, type ReadLayer } from './layer.js';
import { readLayers } from './read-packet.js';

/** The value of a field, or what a pattern says of it, as one writes it. */
export function fieldText(layer: LayerName, field: string, value: unknown, fields: Fields = {}): string {
  if (typeof value === 'function') return `what ${String(value)} accepts`;
  if (isOpen(value)) return stringify(value);
  if (typeof value === 'number') return numberText(layer, field, value, fields);
  return value instanceof Uint8Array ? `${value.length} bytes ${hexOf(value)}`.trimEnd() : stringify(value);
}

/** One line that says what a packet is; anything can be described. */
export function describePacket(bytes: Uint8Array, first: LayerName = 'ethernet'): string {
  return readLayers(bytes, first).map(layerText).join(', ');
}

/** Bytes as hexadecimal numbers with blanks between them. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function numberText(layer: LayerName, field: string, value: number, fields: Fields): string {
  if (field === 'checksum' || (field === 'type' && layer !== 'icmp') || field === 'protocolType') return hex16(value);
  if (layer !== 'icmp') return String(value);
  const name = field === 'type' ? icmpTypeName(value) : icmpCodeName(Number(fields['type']), value);
  return (field === 'type' || field === 'code') && name !== String(value) ? `${value} (${name})` : String(value);
}

function layerText(layer: ReadLayer): string {
  if (layer.malformed !== undefined) return `${layer.name} malformed: ${layer.malformed}`;
  const faults = [...layer.faults].map(([field, fault]) => `; ${field}: ${fault}`).join('');
  return `${SUMMARIES[layer.name](layer.fields)}${faults}`;
}

const ends = (fields: Fields): string => `${String(fields['srcPort'])} > ${String(fields['dstPort'])}`;

/** What one wants to know of a layer first. */
const SUMMARIES: Readonly<Record<LayerName, (fields: Fields) => string>> = {
  ethernet: ({ src, dst, type }) => `${src as string} > ${dst as string} type ${hex16(type as number)}`,
  vlan: ({ id, priority }) => `vlan ${String(id)} priority ${String(priority)}`,
  arp: (fields) => {
    const { operation, senderIp, senderMac, targetIp, targetMac } = fields as Record<string, string>;
    return `arp ${operation} ${senderIp} (${senderMac}) to ${targetIp} (${targetMac})`;
  },
  ipv4: (fields) => {
    const { src, dst, ttl, fragmentOffset, moreFragments } = fields as Record<string, string | number>;
    const fragment = fragmentOffset || moreFragments ? ` fragment at ${fragmentOffset}${moreFragments ? '+' : ''}` : '';
    return `ipv4 ${src} > ${dst} ttl ${ttl}${fragment}`;
  },
  icmp: ({ type, code }) => `icmp ${icmpTypeName(type as number)} ${icmpCodeName(type as number, code as number)}`,
  igmp: ({ type, group, records }) => {
    const list = (records as IgmpRecord[]).map(
      (record) => ` ${record.type} ${record.group} {${record.sources.join()}}`,
    );
    return `igmp ${String(type)}${type === 'v3_report' ? list.join(' and') : ` ${String(group)}`}`;
  },
  udp: (fields) => `udp ${ends(fields)}`,
  tcp: (fields) => {
    const { flags, seq, ack, window } = fields as { flags?: string[] } & Record<string, number>;
    return `tcp ${ends(fields)} seq ${seq}${flags ? ` ${flags.join(' ')} ack ${ack} window ${window}` : ''}`;
  },
  payload: ({ bytes }) => `${(bytes as Uint8Array).length} bytes`,
};
