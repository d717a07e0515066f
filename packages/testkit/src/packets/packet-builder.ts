import { LunettaError } from '@lunetta/core';
import type { ArpValues } from './arp-layer.js';
import type { EthernetValues } from './ethernet-layer.js';
import { isOpen, type AsymmetricMatcher, type FieldPattern, type FieldPatterns } from './field-pattern.js';
import { withNumbers, type IcmpValues } from './icmp-layer.js';
import type { IgmpValues } from './igmp-layer.js';
import type { Ipv4Values } from './ipv4-layer.js';
import { LAYER_KINDS } from './layer-kinds.js';
import type { Fields, Layer, LayerName } from './layer.js';
import { withSortedFlags, type TcpValues } from './tcp-layer.js';
import type { UdpValues } from './udp-layer.js';
import type { VlanValues } from './vlan-layer.js';

/** What may follow a layer. */
const INNER: Readonly<Record<LayerName, readonly LayerName[]>> = {
  ethernet: ['vlan', 'arp', 'ipv4', 'payload'],
  vlan: ['vlan', 'arp', 'ipv4', 'payload'],
  arp: ['payload'],
  ipv4: ['icmp', 'igmp', 'udp', 'tcp', 'ipv4', 'payload'],
  icmp: ['ipv4', 'payload'],
  igmp: ['payload'],
  udp: ['payload'],
  tcp: ['payload'],
  payload: [],
};

/**
 * A packet, layer by layer: bytes to be sent, or a pattern for `toMatchPacket`. It never changes; each method gives a
 * packet with one more layer. When it is built, what is not named is right: lengths, checksums, types, and addresses
 * by which the test in a `StackLab` sends to its stack; what is named stands as it is, also if that is wrong. As a
 * pattern, what is not named is free.
 */
export class PacketBuilder {
  /** @param layers the outermost first */
  constructor(readonly layers: readonly Layer[]) {}

  /** A VLAN tag. */
  vlan(fields: FieldPatterns<VlanValues> = {}): PacketBuilder {
    return this.with('vlan', fields);
  }

  /** An ARP packet. */
  arp(fields: FieldPatterns<ArpValues> = {}): PacketBuilder {
    return this.with('arp', fields);
  }

  /** An IPv4 datagram; within {@link icmp} the one that an error quotes. */
  ipv4(fields: FieldPatterns<Ipv4Values> = {}): PacketBuilder {
    return this.with('ipv4', fields);
  }

  /** An ICMP message. */
  icmp(fields: FieldPatterns<IcmpValues> = {}): PacketBuilder {
    return this.with('icmp', withNumbers(fields));
  }

  /** An IGMP message; its TTL and router alert are to be given in {@link ipv4}. */
  igmp(fields: FieldPatterns<IgmpValues> = {}): PacketBuilder {
    return this.with('igmp', fields);
  }

  /** A UDP datagram. */
  udp(fields: FieldPatterns<UdpValues> = {}): PacketBuilder {
    return this.with('udp', fields);
  }

  /** A TCP segment. */
  tcp(fields: FieldPatterns<TcpValues> = {}): PacketBuilder {
    return this.with('tcp', withSortedFlags(fields));
  }

  /** All that is left, as bytes; a string stands for its UTF-8. Link padding is not part of it. */
  payload(bytes: FieldPattern<Uint8Array> | string): PacketBuilder {
    return this.with('payload', { bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : plain(bytes) });
  }

  /**
   * The packet as it goes over the wire.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG` if a field is a matcher or a function: no value to be sent
   */
  bytes(): Uint8Array {
    let body: Uint8Array = new Uint8Array(0);
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const { name, fields } = this.layers[i];
      mustBeValues(name, fields);
      const around = { outer: this.layers.slice(0, i), inner: this.layers[i + 1]?.name };
      body = LAYER_KINDS[name].write(fields, body, around);
    }
    return body;
  }

  private with(name: LayerName, fields: Fields): PacketBuilder {
    const last = this.layers.at(-1)!.name;
    if (!INNER[last].includes(name)) {
      const follow = INNER[last].map((each) => `${each}()`).join(', ') || 'nothing';
      throw new LunettaError('LUNETTA_ERR_CONFIG', `${name}() cannot follow ${last}(); what can: ${follow}`);
    }
    return new PacketBuilder([...this.layers, layer(name, fields)]);
  }
}

/** A packet that begins with an Ethernet header: a frame. */
export function ethernet(fields: FieldPatterns<EthernetValues> = {}): PacketBuilder {
  return new PacketBuilder([layer('ethernet', fields)]);
}

/** A packet that begins with an IPv4 header: a datagram without a link. */
export function ipv4(fields: FieldPatterns<Ipv4Values> = {}): PacketBuilder {
  return new PacketBuilder([layer('ipv4', fields)]);
}

/** A frame or datagram where bytes are wanted: bytes, or a packet that gives them. */
export type PacketBytes = Uint8Array | PacketBuilder;

/** The bytes of a packet. */
export function packetBytes(packet: PacketBytes): Uint8Array {
  return packet instanceof PacketBuilder ? packet.bytes() : packet;
}

function layer(name: LayerName, fields: Fields): Layer {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { name, fields: Object.fromEntries(given) };
}

/** A Buffer as the bytes that it is, so that it compares with any other. */
function plain(bytes: FieldPattern<Uint8Array>): Uint8Array | AsymmetricMatcher | ((seen: Uint8Array) => boolean) {
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes;
}

function mustBeValues(name: LayerName, fields: Fields): void {
  const open = Object.keys(fields).find((field) => isOpen(fields[field]));
  if (open === undefined) return;
  const what = `${name}.${open} is a pattern to compare with, so the packet has no bytes; give it a value`;
  throw new LunettaError('LUNETTA_ERR_CONFIG', what);
}
