import type { Packet } from '../link/packet.js';
import type { NextHop } from '../network/next-hop.js';
import type { PathLink } from '../network/path.js';
import * as ipv4 from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import { finishChecksum } from './transport-checksum.js';

/** The last segment has these, the first one CWR (RFC 3168 section 6.1.2). */
const OF_THE_LAST = tcp.FIN | tcp.PSH;

/** How a coalesced datagram is cut up. */
export interface Cut {
  /** Bytes of the IP and TCP headers together. */
  readonly headersLength: number;
  /** Segments that it makes. */
  readonly count: number;
}

/** How the coalesced datagram at `packet.networkAt`, its TCP header at `packet.at`, is cut up; undefined: not at all. */
export function cutOf({ view, networkAt, at, end, mss }: Packet): Cut | undefined {
  if (!tcp.fits(at, end) || mss === 0) return undefined;
  const headersLength = at - networkAt + tcp.headerLength(view, at);
  const textLength = end - networkAt - headersLength;
  return textLength > mss ? { headersLength, count: Math.ceil(textLength / mss) } : undefined;
}

/**
 * Sends the segments that a device has put together one by one, as they came: it is passed on, and who is to get them
 * was promised no larger ones. There is room on the link for all of them. The identifications count up from the first.
 */
export function sendSegments(packet: Packet, { headersLength, count }: Cut, link: PathLink, nextHop: NextHop): void {
  const { memory, networkAt, end, mss } = packet;
  const textAt = networkAt + headersLength;
  for (let i = 0; i < count; i++) {
    const from = textAt + i * mss;
    const length = Math.min(mss, end - from);
    const segment = link.io.outgoing;
    segment.begin(headersLength + length);
    segment.networkAt = segment.at;
    const { bytes } = segment.memory;
    bytes.set(memory.bytes.subarray(networkAt, textAt), segment.at);
    bytes.set(memory.bytes.subarray(from, from + length), segment.at + headersLength);
    writeHeaders(segment, packet.at - networkAt, i, mss, i + 1 === count);
    link.output(segment, nextHop);
  }
}

/** Makes the headers of segment `index` out of those of all. */
function writeHeaders(segment: Packet, headerLength: number, index: number, mss: number, isLast: boolean): void {
  const { view, networkAt } = segment;
  const at = networkAt + headerLength;
  const identification = (ipv4.identification(view, networkAt) + index) & 0xffff;
  ipv4.setLength(view, networkAt, headerLength, segment.end - networkAt, identification);
  let flags = tcp.flags(view, at);
  if (!isLast) flags &= ~OF_THE_LAST;
  if (index > 0) flags &= ~tcp.CWR;
  tcp.setSeqAndFlags(view, at, (tcp.seq(view, at) + index * mss) | 0, flags);
  segment.at = at;
  finishChecksum(segment);
  segment.at = networkAt;
}
