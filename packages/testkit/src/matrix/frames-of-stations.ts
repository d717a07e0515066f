import { ethernet as ethernetHeader, ipv4 as ipv4Header } from '@lunetta/core';
import type { ArpValues } from '../packets/arp-layer.js';
import type { Ipv4Values } from '../packets/ipv4-layer.js';
import { ethernet, type PacketBuilder } from '../packets/packet-builder.js';
import type { UdpValues } from '../packets/udp-layer.js';
import { MatrixStack } from './matrix-stack.js';

/** The station that speaks with the stack. */
export const PEER = { ip: '10.0.0.2', mac: '02:00:00:00:00:02' };
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const STACK = { ip: MatrixStack.IP, mac: MatrixStack.MAC };
const IDENTIFIER = 0x1234;

/** What the IPv4 header of a frame to or from the stack has, and its Ethernet header. */
export interface IpFields extends Partial<Ipv4Values> {
  readonly srcMac?: string;
  readonly dstMac?: string;
}

/** A datagram to the stack from its peer. */
export function toStack(fields: IpFields, payload: Uint8Array): Uint8Array {
  return headersToStack(fields).payload(payload).bytes();
}

function headersToStack({ srcMac = PEER.mac, dstMac = STACK.mac, ...fields }: IpFields): PacketBuilder {
  return ethernet({ src: srcMac, dst: dstMac }).ipv4({ src: PEER.ip, dst: STACK.ip, ...fields });
}

/** Of a datagram of the stack to its peer; with identification 0. */
function headersFromStack(fields: IpFields): PacketBuilder {
  return headersToStack({ src: STACK.ip, dst: PEER.ip, srcMac: STACK.mac, dstMac: PEER.mac, id: 0, ...fields });
}

/** A UDP datagram to the stack, to the echo if not said otherwise. */
export function requestFrame(
  payload: Uint8Array,
  fields: Partial<UdpValues> = {},
  ipFields: IpFields = {},
): Uint8Array {
  return headersToStack(ipFields)
    .udp({ srcPort: 5000, dstPort: 7, ...fields })
    .payload(payload)
    .bytes();
}

/** The answer of the echo to {@link requestFrame}. */
export function echoFrame(payload: Uint8Array, dstPort = 5000, ipFields: IpFields = {}): Uint8Array {
  return headersFromStack(ipFields).udp({ srcPort: 7, dstPort }).payload(payload).bytes();
}

/** What a ping asks for. */
export interface PingFields extends IpFields {
  readonly sequence?: number;
}

/** An echo request with `size` bytes of data. */
export function pingFrame(size: number, { sequence: seq = 1, ...fields }: PingFields = {}): Uint8Array {
  return headersToStack(fields).icmp({ type: 'echo_request', id: IDENTIFIER, seq }).payload(counted(size)).bytes();
}

/** The stack's answer to {@link pingFrame}. */
export function pongFrame(size: number, { sequence: seq = 1, ...fields }: PingFields = {}): Uint8Array {
  return headersFromStack(fields).icmp({ type: 'echo_reply', id: IDENTIFIER, seq }).payload(counted(size)).bytes();
}

/** Whether a frame, well formed or not, is the answer to the {@link pingFrame} of that sequence number. */
export function isPongOf(frame: Uint8Array, sequence: number): boolean {
  const expected = pongFrame(0, { sequence });
  const at = ethernetHeader.HEADER_LENGTH + ipv4Header.MIN_HEADER_LENGTH;
  return frame[23] === ipv4Header.PROTOCOL_ICMP && expected.subarray(at).every((byte, i) => byte === frame[at + i]);
}

/** The stack's error about a frame that it got. */
export function errorFrame(type: number, code: number, about: Uint8Array, rest = 0): Uint8Array {
  const at = ethernetHeader.HEADER_LENGTH;
  const quoted = about.subarray(at, at + 548); // 576 in all (RFC 1812 4.3.2.3)
  return headersFromStack({ tos: 0xc0 }).icmp({ type, code, rest }).payload(quoted).bytes();
}

/** An ARP request of the peer for an address. */
export function arpRequestFrame(
  targetIp: string = STACK.ip,
  fields: Partial<ArpValues> = {},
  dst = BROADCAST_MAC,
): Uint8Array {
  const senderMac = fields.senderMac ?? PEER.mac;
  return ethernet({ src: senderMac, dst })
    .arp({ senderIp: PEER.ip, targetIp, ...fields })
    .bytes();
}

/** An ARP reply of a station to the stack. */
export function arpReplyFrame(sender = PEER): Uint8Array {
  return ethernet({ src: sender.mac, dst: STACK.mac })
    .arp({ operation: 'reply', senderIp: sender.ip, targetMac: STACK.mac, targetIp: STACK.ip })
    .bytes();
}

/** The stack's ARP reply to a station. */
export function stackArpReplyFrame(target = PEER): Uint8Array {
  return ethernet({ src: STACK.mac, dst: target.mac })
    .arp({ operation: 'reply', senderIp: STACK.ip, targetMac: target.mac, targetIp: target.ip })
    .bytes();
}

/** The stack's ARP request for an address: to everybody, or to the station that had it. */
export function stackArpRequestFrame(targetIp: string, dst = BROADCAST_MAC): Uint8Array {
  return ethernet({ src: STACK.mac, dst }).arp({ senderIp: STACK.ip, targetIp }).bytes();
}

/** `size` bytes that count up. */
export function counted(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i);
}
