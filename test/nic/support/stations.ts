import { ethernet, readPacket, type EthernetValues, type Ipv4Values, type PacketBuilder } from '@lunetta/testkit';
import { AT_PEER, FIRST_CARD } from './machine-arguments.js';

/** The test's own station on the cable of the first card. */
export const STATION = { mac: '02:00:00:00:00:01', ip: '10.98.0.1' };
/** Ethernet's shortest frame, its check sequence not counted; a card receives no shorter one (IEEE 802.3). */
const SHORTEST_FRAME = 60;

const TO_CARD = { src: STATION.mac, dst: FIRST_CARD.mac };

/** A frame from our station to the card. */
export function toCard(fields: Partial<EthernetValues> = {}): PacketBuilder {
  return ethernet({ ...TO_CARD, ...fields });
}

/** A datagram from our station to the stack. */
export function datagram(fields: Partial<Ipv4Values> = {}): PacketBuilder {
  return toCard().ipv4({ src: STATION.ip, dst: AT_PEER, ...fields });
}

/** The frame with zeros behind it if it is short, as every card sends it. */
export function padded(packet: PacketBuilder): Uint8Array {
  const frame = packet.bytes();
  const bytes = new Uint8Array(Math.max(frame.length, SHORTEST_FRAME));
  bytes.set(frame);
  return bytes;
}

/** What our station answers to a question for its address; undefined to everything else. */
export function arpAnswer(frame: Uint8Array): Uint8Array | undefined {
  if (!isArp(frame)) return undefined;
  const { arp } = readPacket(frame);
  if (arp?.operation !== 'request' || arp.targetIp !== STATION.ip) return undefined;
  const { senderMac: targetMac, senderIp: targetIp } = arp;
  return padded(toCard().arp({ operation: 'reply', senderIp: STATION.ip, targetMac, targetIp }));
}

function isArp(frame: Uint8Array): boolean {
  return frame[12] === 0x08 && frame[13] === 0x06;
}

/** The operation of ARP is 1 in a question and 2 in an answer (RFC 826). */
export function isArpReply(frame: Uint8Array): boolean {
  return isArp(frame) && frame[21] === 2;
}

/** A UDP datagram to that port, without looking at its checksums. */
export function isUdpTo(frame: Uint8Array, dstPort: number): boolean {
  return frame[12] === 0x08 && frame[13] === 0 && frame[23] === 17 && ((frame[36] << 8) | frame[37]) === dstPort;
}

/** Bytes that differ from place to place, and from `seed` to `seed`. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 13 + (i >> 8)) & 0xff);
}
