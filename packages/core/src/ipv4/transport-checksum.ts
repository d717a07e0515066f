import { RX_L4_CHECKSUM_GOOD, TX_TCP_CHECKSUM, TX_UDP_CHECKSUM } from '../link/descriptor.js';
import type { Packet } from '../link/packet.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4 from '../wire/ipv4.js';

const UDP_HEADER_LENGTH = 8;
const TCP_HEADER_LENGTH = 20;
/** Of the checksum in the headers of UDP and TCP. */
const UDP_CHECKSUM_AT = 6;
const TCP_CHECKSUM_AT = 16;

/** The checksum of the transport whose header is at `packet.at`; -1 if there is none, or it is not all there. */
function transportChecksumAt({ view, networkAt, at, end }: Packet): number {
  if (ipv4.fragmentOffset(view, networkAt) !== 0) return -1;
  const protocol = ipv4.protocol(view, networkAt);
  if (protocol === ipv4.PROTOCOL_TCP && end - at >= TCP_HEADER_LENGTH) return at + TCP_CHECKSUM_AT;
  const hasSum = protocol === ipv4.PROTOCOL_UDP && end - at >= UDP_HEADER_LENGTH;
  return hasSum && view.getUint16(at + UDP_CHECKSUM_AT) !== 0 ? at + UDP_CHECKSUM_AT : -1;
}

/** Writes the transport's checksum anew, of a whole datagram with `at` at its payload. */
export function finishChecksum(packet: Packet): void {
  const { view, networkAt, at, end, memory } = packet;
  const sumAt = transportChecksumAt(packet);
  if (sumAt < 0 || (ipv4.fragmentWord(view, networkAt) & ipv4.ANY_FRAGMENT) !== 0) return;
  const protocol = ipv4.protocol(view, networkAt);
  const [source, destination] = [ipv4.source(view, networkAt), ipv4.destination(view, networkAt)];
  view.setUint16(sumAt, 0);
  const pseudo = ipv4.pseudoHeaderSum(source, destination, protocol, end - at);
  const sum = checksum.finish(memory.addSum(pseudo, at, end));
  view.setUint16(sumAt, sum === 0 && protocol === ipv4.PROTOCOL_UDP ? 0xffff : sum);
}

/** The 16-bit word at `wordAt`, which the transport's checksum covers, becomes `value` (RFC 1624). */
export function replaceWord(packet: Packet, wordAt: number, value: number): void {
  const { view } = packet;
  if ((packet.flags & (TX_TCP_CHECKSUM | TX_UDP_CHECKSUM)) !== 0) return replaceUnfinished(packet, wordAt, value);
  if ((packet.flags & RX_L4_CHECKSUM_GOOD) !== 0) {
    // The device vouches for it, and it may be unfinished.
    finishChecksum(packet);
    packet.flags &= ~RX_L4_CHECKSUM_GOOD;
  }
  const sumAt = transportChecksumAt(packet);
  if (sumAt >= 0) {
    const sum = checksum.update(view.getUint16(sumAt), view.getUint16(wordAt), value);
    const isUdp = ipv4.protocol(view, packet.networkAt) === ipv4.PROTOCOL_UDP;
    view.setUint16(sumAt, sum === 0 && isUdp ? 0xffff : sum);
  }
  view.setUint16(wordAt, value);
}

/** The device is to finish the checksum: so far its field holds the sum of the addresses and what else is before the transport. */
function replaceUnfinished(packet: Packet, wordAt: number, value: number): void {
  const { view, at } = packet;
  const sumAt = transportChecksumAt(packet);
  if (sumAt >= 0 && wordAt < at) {
    view.setUint16(sumAt, checksum.fold(view.getUint16(sumAt) + (~view.getUint16(wordAt) & 0xffff) + value));
  }
  view.setUint16(wordAt, value);
}
