import type { ArpValues } from './arp-layer.js';
import type { EthernetValues } from './ethernet-layer.js';
import type { IcmpValues } from './icmp-layer.js';
import type { IgmpValues } from './igmp-layer.js';
import type { Ipv4Values } from './ipv4-layer.js';
import { hex16, type ReadLayer } from './layer.js';
import { readNext } from './read-packet.js';
import type { TcpValues } from './tcp-layer.js';
import type { UdpValues } from './udp-layer.js';

const ROUTER_ALERT = '148,4,0,0';

/** A frame that was read: the layers that it has, under the names by which they are built. */
export interface Packet {
  readonly ethernet: EthernetValues;
  readonly arp?: ArpValues;
  readonly ipv4?: Ipv4Values;
  readonly icmp?: IcmpValues;
  readonly igmp?: IgmpValues;
  readonly udp?: UdpValues;
  readonly tcp?: TcpValues;
  /** What is in the innermost of them, copied: of an ICMP error the datagram that it quotes; without the link's padding. */
  readonly payload: Uint8Array;
}

/**
 * Reads a frame that a stack has sent, and holds it to the standards. Wrong are: a layer that is cut off; a length or a
 * checksum that does not hold, and none at all in UDP; a TTL of 0; padding that is not zeros; a fragment whose length is
 * no multiple of 8, unless it is the last; IPv4 options other than the router alert of IGMP (RFC 2113); ARP of other than
 * Ethernet and IPv4, or neither request nor reply; anything else than ARP and IPv4, and in it ICMP, IGMP, UDP and TCP.
 * What is in a fragment is not looked into.
 *
 * @throws Error that says what is wrong with it
 */
export function readPacket(frame: Uint8Array): Packet {
  const layers = [readNext(frame, [], 'ethernet')];
  for (let last = layers[0]; holdsLayer(last); last = layers.at(-1)!) layers.push(readNext(frame, layers, last.inner));
  const wrong = layers.map(wrongIn).find((each) => each !== undefined);
  if (wrong !== undefined) throw new Error(`the stack has sent ${wrong}`);
  const { bodyAt, bodyEnd } = layers.at(-1)!;
  const fields = Object.fromEntries(layers.map((layer) => [layer.name, layer.fields])) as unknown;
  return { ...(fields as Omit<Packet, 'payload'>), payload: frame.slice(bodyAt, bodyEnd) };
}

/** True if there must be another layer in it. */
function holdsLayer(layer: ReadLayer): boolean {
  if (layer.malformed !== undefined || layer.inner === 'payload') return false;
  return layer.name === 'ethernet' || (layer.name === 'ipv4' && !isFragment(layer));
}

function isFragment({ fields }: ReadLayer): boolean {
  return fields['moreFragments'] === true || fields['fragmentOffset'] !== 0;
}

/** What is wrong with a layer of a packet that a stack has sent; undefined if nothing is. */
function wrongIn(layer: ReadLayer): string | undefined {
  const { name, fields, faults, inner, malformed } = layer;
  if (malformed !== undefined) return `a malformed ${name}: ${malformed}`;
  for (const [field, fault] of faults) return `a wrong ${name}.${field}: ${fault}`;
  if (name === 'ethernet' && inner !== 'arp' && inner !== 'ipv4') return `ethertype ${hex16(fields['type'] as number)}`;
  if (name === 'arp' && typeof fields['operation'] === 'number') return `ARP operation ${fields['operation']}`;
  if (name !== 'ipv4') return undefined;
  const { options, protocol } = fields as unknown as Ipv4Values;
  const isAlert = inner === 'igmp' && options.join() === ROUTER_ALERT;
  if (options.length > 0 && !isAlert) return `IPv4 options ${options.join(' ')}`;
  const isUnknown = inner === 'payload' || inner === 'ipv4';
  return isUnknown && !isFragment(layer) ? `protocol ${protocol}` : undefined;
}
