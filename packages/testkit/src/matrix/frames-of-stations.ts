import { ethernet, icmpv4, ipv4 } from '@lunetta/core';
import { arpPacket, ethernetFrame, icmpMessage, ipv4Datagram, udpDatagram } from '../lab/frames.js';
import type { ArpFields, Ipv4Fields, UdpFields } from '../lab/frames.js';
import { MatrixStack } from './matrix-stack.js';

/** The station that speaks with the stack. */
export const PEER = { ip: '10.0.0.2', mac: '02:00:00:00:00:02' };
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const NOBODY = '00:00:00:00:00:00';
const STACK = { ip: MatrixStack.IP, mac: MatrixStack.MAC };
const IDENTIFIER = 0x1234;

/** What the IPv4 header of a frame to or from the stack has, and its Ethernet header. */
export interface IpFields extends Partial<Ipv4Fields> {
  readonly srcMac?: string;
  readonly dstMac?: string;
}

/** A datagram to the stack from its peer. */
export function toStack(fields: IpFields, payload: Uint8Array): Uint8Array {
  const { srcMac = PEER.mac, dstMac = STACK.mac } = fields;
  return ethernetFrame({ src: srcMac, dst: dstMac }, ipv4Datagram({ src: PEER.ip, dst: STACK.ip, ...fields }, payload));
}

/** A datagram of the stack to its peer; with identification 0. */
function fromStack(fields: IpFields, payload: Uint8Array): Uint8Array {
  return toStack({ src: STACK.ip, dst: PEER.ip, srcMac: STACK.mac, dstMac: PEER.mac, id: 0, ...fields }, payload);
}

/** A UDP datagram to the stack, to the echo if not said otherwise. */
export function udpFrame(payload: Uint8Array, fields: Partial<UdpFields> = {}, ipFields: IpFields = {}): Uint8Array {
  const { src = PEER.ip, dst = STACK.ip } = ipFields;
  return toStack(ipFields, udpDatagram({ srcPort: 5000, dstPort: 7, ...fields }, payload, { src, dst }));
}

/** The answer of the echo to {@link udpFrame}. */
export function echoFrame(payload: Uint8Array, dstPort = 5000, ipFields: IpFields = {}): Uint8Array {
  const { dst = PEER.ip } = ipFields;
  return fromStack(ipFields, udpDatagram({ srcPort: 7, dstPort }, payload, { src: STACK.ip, dst }));
}

/** What a ping asks for. */
export interface PingFields extends IpFields {
  readonly sequence?: number;
}

/** An echo request with `size` bytes of data. */
export function pingFrame(size: number, fields: PingFields = {}): Uint8Array {
  return toStack({ ...fields, protocol: ipv4.PROTOCOL_ICMP }, echo(icmpv4.TYPE_ECHO_REQUEST, size, fields));
}

/** The stack's answer to {@link pingFrame}. */
export function pongFrame(size: number, fields: PingFields = {}): Uint8Array {
  return fromStack({ ...fields, protocol: ipv4.PROTOCOL_ICMP }, echo(icmpv4.TYPE_ECHO_REPLY, size, fields));
}

/** Whether a frame, well formed or not, is the answer to the {@link pingFrame} of that sequence number. */
export function isPongOf(frame: Uint8Array, sequence: number): boolean {
  const expected = pongFrame(0, { sequence });
  const at = ethernet.HEADER_LENGTH + ipv4.MIN_HEADER_LENGTH;
  return frame[23] === ipv4.PROTOCOL_ICMP && expected.subarray(at).every((byte, i) => byte === frame[at + i]);
}

/** The stack's error about a frame that it got. */
export function errorFrame(type: number, code: number, about: Uint8Array, rest = 0): Uint8Array {
  const quoted = about.subarray(ethernet.HEADER_LENGTH, ethernet.HEADER_LENGTH + 548); // 576 in all (RFC 1812 4.3.2.3)
  return fromStack({ protocol: ipv4.PROTOCOL_ICMP, tos: 0xc0 }, icmpMessage(type, code, rest, quoted));
}

/** An ARP request of the peer for an address. */
export function arpRequestFrame(
  targetIp: string = STACK.ip,
  fields: Partial<ArpFields> = {},
  dst = BROADCAST_MAC,
): Uint8Array {
  const packet = arpPacket({ operation: 1, senderMac: PEER.mac, senderIp: PEER.ip, targetIp, ...fields });
  return ethernetFrame({ src: fields.senderMac ?? PEER.mac, dst, type: ethernet.ETHERTYPE_ARP }, packet);
}

/** An ARP reply of a station to the stack. */
export function arpReplyFrame(sender = PEER): Uint8Array {
  const fields = { operation: 2, senderMac: sender.mac, senderIp: sender.ip, targetMac: STACK.mac, targetIp: STACK.ip };
  return ethernetFrame({ src: sender.mac, dst: STACK.mac, type: ethernet.ETHERTYPE_ARP }, arpPacket(fields));
}

/** The stack's ARP reply to a station. */
export function stackArpReplyFrame(target = PEER): Uint8Array {
  return stackArpFrame({ operation: 2, targetMac: target.mac, targetIp: target.ip }, target.mac);
}

/** The stack's ARP request for an address: to everybody, or to the station that had it. */
export function stackArpRequestFrame(targetIp: string, dst = BROADCAST_MAC): Uint8Array {
  return stackArpFrame({ operation: 1, targetMac: NOBODY, targetIp }, dst);
}

function stackArpFrame(fields: Pick<ArpFields, 'operation' | 'targetMac' | 'targetIp'>, dst: string): Uint8Array {
  const packet = arpPacket({ ...fields, senderMac: STACK.mac, senderIp: STACK.ip });
  return ethernetFrame({ src: STACK.mac, dst, type: ethernet.ETHERTYPE_ARP }, packet);
}

function echo(type: number, size: number, { sequence = 1 }: PingFields): Uint8Array {
  return icmpMessage(type, 0, (IDENTIFIER << 16) | sequence, counted(size));
}

/** `size` bytes that count up. */
export function counted(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i);
}
