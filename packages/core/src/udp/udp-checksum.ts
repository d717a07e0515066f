import { RX_L4_CHECKSUM_BAD, TX_UDP_CHECKSUM } from '../link/descriptor.js';
import { Cast, type Packet } from '../link/packet.js';
import type { Path } from '../network/path.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import type { Datagram } from './datagram.js';

/** What the device says counts, bad as well as good; else the sum over the datagram and its addresses decides. */
export function isChecksumGood(packet: Packet, { checksum: field, remote, local }: Datagram, length: number): boolean {
  if (field === 0) return true; // the sender made none, or the device has found it good
  if ((packet.flags & RX_L4_CHECKSUM_BAD) !== 0) return false;
  const pseudo = ipv4.pseudoHeaderSum(remote, local, ipv4.PROTOCOL_UDP, length);
  return checksum.finish(packet.memory.addSum(pseudo, packet.at, packet.end)) === 0;
}

/** As {@link checksumOf}; or what the device adds the rest to, where it offers to and the datagram leaves in one piece. */
export function makeChecksum(
  packet: Packet,
  path: Path,
  srcPort: number,
  dstPort: number,
  networkHeaderLength: number,
): number {
  const { at, end } = packet;
  const isOffered = (path.link!.io.offloads & TX_UDP_CHECKSUM) !== 0 && path.cast === Cast.UNICAST;
  if (!isOffered || end - at + networkHeaderLength > path.mtu) return checksumOf(packet, path, srcPort, dstPort);
  packet.leaveChecksum(TX_UDP_CHECKSUM, udp.HEADER_LENGTH);
  return checksum.fold(path.addressSum + ipv4.PROTOCOL_UDP + end - at);
}

/** The checksum of a datagram whose payload is in place; never 0, which would say that there is none (RFC 768). */
function checksumOf({ memory, at, end }: Packet, path: Path, srcPort: number, dstPort: number): number {
  const length = end - at;
  // The header's sum comes from its values, which spares reading them back; the length counts twice.
  const headerSum = path.addressSum + ipv4.PROTOCOL_UDP + length + srcPort + dstPort + length;
  const sum = checksum.finish(memory.addSum(headerSum, at + udp.HEADER_LENGTH, end));
  return sum === 0 ? 0xffff : sum;
}
