import { checksum, ethernet, icmpv4, ipv4, ipv4Address, macAddress, arp, udp } from '@lunetta/core';

/** Fields of an Ethernet header; addresses as `02:00:00:00:00:01`. */
export interface EthernetFields {
  readonly dst: string;
  readonly src: string;
  /** Default IPv4, 0x0800. */
  readonly type?: number;
}

/** Fields of an IPv4 header; what is not given is right. Addresses as `192.0.2.1`. */
export interface Ipv4Fields {
  readonly src: string;
  readonly dst: string;
  readonly protocol?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** Flags and fragment offset as they stand in the header. */
  readonly fragment?: number;
  readonly version?: number;
  /** In 32-bit words, as it stands in the header. */
  readonly ihl?: number;
  readonly totalLength?: number;
  readonly checksum?: number;
  readonly options?: Uint8Array;
}

/** Fields of a UDP header; what is not given is right. */
export interface UdpFields {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly length?: number;
  readonly checksum?: number;
}

/** Fields of an ARP packet. */
export interface ArpFields {
  readonly operation: number;
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac?: string;
  readonly targetIp: string;
}

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The six bytes of a MAC address. */
export function mac(text: string): Uint8Array {
  const bytes = macAddress.parse(text);
  if (bytes === undefined) throw new Error(`'${text}' is no MAC address`);
  return bytes;
}

/** An IPv4 address as a signed 32-bit integer. */
export function ip(text: string): number {
  const address = ipv4Address.parse(text);
  if (address === undefined) throw new Error(`'${text}' is no IPv4 address`);
  return address;
}

/** An Ethernet frame, not padded. */
export function ethernetFrame(fields: EthernetFields, payload: Uint8Array): Uint8Array {
  const type = fields.type ?? ethernet.ETHERTYPE_IPV4;
  return concat(mac(fields.dst), mac(fields.src), Uint8Array.of(type >> 8, type), payload);
}

/** An IPv4 datagram. */
export function ipv4Datagram(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
  const options = fields.options ?? new Uint8Array(0);
  const header = new Uint8Array(20 + options.length);
  const view = new DataView(header.buffer);
  const { version = 4, ihl = header.length >> 2, totalLength = header.length + payload.length } = fields;
  header[0] = (version << 4) | ihl;
  header[1] = fields.tos ?? 0;
  view.setUint16(2, totalLength);
  view.setUint16(4, fields.id ?? 1);
  view.setUint16(6, fields.fragment ?? 0);
  header[8] = fields.ttl ?? 64;
  header[9] = fields.protocol ?? ipv4.PROTOCOL_UDP;
  view.setInt32(12, ip(fields.src));
  view.setInt32(16, ip(fields.dst));
  header.set(options, 20);
  view.setUint16(10, fields.checksum ?? checksum.finish(checksum.add(0, view, 0, header.length)));
  return concat(header, payload);
}

/** A UDP datagram; `addresses` are those of its IP header, for the checksum. */
export function udpDatagram(
  fields: UdpFields,
  payload: Uint8Array,
  addresses: Pick<Ipv4Fields, 'src' | 'dst'>,
): Uint8Array {
  const datagram = concat(new Uint8Array(8), payload);
  const view = new DataView(datagram.buffer);
  const length = fields.length ?? datagram.length;
  udp.write(view, 0, fields.srcPort, fields.dstPort, length, 0);
  const pseudo = ipv4.pseudoHeaderSum(ip(addresses.src), ip(addresses.dst), ipv4.PROTOCOL_UDP, length);
  const sum = checksum.finish(checksum.add(pseudo, view, 0, datagram.length));
  view.setUint16(6, fields.checksum ?? (sum === 0 ? 0xffff : sum));
  return datagram;
}

/** An ICMP message; `rest` is the second word of its header. */
export function icmpMessage(type: number, code: number, rest: number, payload: Uint8Array, sum?: number): Uint8Array {
  const message = concat(new Uint8Array(8), payload);
  const view = new DataView(message.buffer);
  icmpv4.write(view, 0, type, code, 0, rest);
  icmpv4.write(view, 0, type, code, sum ?? checksum.finish(checksum.add(0, view, 0, message.length)), rest);
  return message;
}

/** An ARP packet. */
export function arpPacket(fields: ArpFields): Uint8Array {
  const packet = new Uint8Array(arp.PACKET_LENGTH);
  const sender = mac(fields.senderMac);
  const target = mac(fields.targetMac ?? '00:00:00:00:00:00');
  arp.write(
    new DataView(packet.buffer),
    0,
    fields.operation,
    macAddress.hiOf(sender),
    macAddress.loOf(sender),
    ip(fields.senderIp),
    macAddress.hiOf(target),
    macAddress.loOf(target),
    ip(fields.targetIp),
  );
  return packet;
}
