import {
  checksum,
  DESCRIPTOR_WORDS,
  FLAGS,
  HEADER_LENGTHS,
  ipv4,
  tcp,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  VLAN_AND_MSS,
} from '@lunetta/core';

/** What {@link finish} does for the stack: by itself, so that what core asks for is held to the standards, not to core. */
export const FINISHED = TX_TCP_CHECKSUM | TX_UDP_CHECKSUM | TX_TSO;

const TCP_CHECKSUM_AT = 16;
const UDP_CHECKSUM_AT = 6;
/** The last segment has these, the first one CWR (RFC 3168 section 6.1.2). */
const OF_THE_LAST = tcp.FIN | tcp.PSH;

/** Where the headers of a frame are, in bytes from its beginning. */
interface Headers {
  readonly networkAt: number;
  readonly transportAt: number;
  readonly textAt: number;
}

/** What goes on the wire for a frame with what descriptor `index` of `tx` asks for, as a network card's hardware makes it. */
export function finish(frame: Uint8Array, tx: Int32Array, index: number): Uint8Array[] {
  const d = index * DESCRIPTOR_WORDS;
  const flags = tx[d + FLAGS];
  const lengths = tx[d + HEADER_LENGTHS];
  const networkAt = lengths & 0xff;
  const transportAt = networkAt + ((lengths >>> 8) & 0xff);
  if ((flags & TX_TSO) !== 0) {
    return segments(
      frame,
      { networkAt, transportAt, textAt: transportAt + (lengths >>> 16) },
      tx[d + VLAN_AND_MSS] >>> 16,
    );
  }
  if ((flags & TX_TCP_CHECKSUM) !== 0) finishChecksum(frame, transportAt, TCP_CHECKSUM_AT);
  if ((flags & TX_UDP_CHECKSUM) !== 0) finishChecksum(frame, transportAt, UDP_CHECKSUM_AT);
  return [frame];
}

/** The field holds the sum of the pseudo-header, which the rest is added to. */
function finishChecksum(frame: Uint8Array, transportAt: number, fieldAt: number): void {
  const view = viewOf(frame);
  const sum = checksum.finish(checksum.add(0, view, transportAt, frame.length));
  view.setUint16(transportAt + fieldAt, sum === 0 && fieldAt === UDP_CHECKSUM_AT ? 0xffff : sum);
}

/** One segment for every `mss` bytes of text, with headers of its own. */
function segments(frame: Uint8Array, headers: Headers, mss: number): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (let from = headers.textAt; from < frame.length; from += mss) {
    const text = frame.subarray(from, from + mss);
    const segment = new Uint8Array(headers.textAt + text.length);
    segment.set(frame.subarray(0, headers.textAt));
    segment.set(text, headers.textAt);
    writeHeaders(segment, headers, made.length, mss, from + mss >= frame.length);
    made.push(segment);
  }
  return made;
}

function writeHeaders(segment: Uint8Array, headers: Headers, index: number, mss: number, isLast: boolean): void {
  const { networkAt, transportAt } = headers;
  const view = viewOf(segment);
  const identification = (ipv4.identification(view, networkAt) + index) & 0xffff;
  ipv4.setLength(view, networkAt, transportAt - networkAt, segment.length - networkAt, identification);
  let flags = tcp.flags(view, transportAt);
  if (!isLast) flags &= ~OF_THE_LAST;
  if (index > 0) flags &= ~tcp.CWR;
  tcp.setSeqAndFlags(view, transportAt, (tcp.seq(view, transportAt) + index * mss) | 0, flags);
  tcp.setChecksum(view, transportAt, 0);
  const [source, destination] = [ipv4.source(view, networkAt), ipv4.destination(view, networkAt)];
  const pseudo = ipv4.pseudoHeaderSum(source, destination, ipv4.PROTOCOL_TCP, segment.length - transportAt);
  tcp.setChecksum(view, transportAt, checksum.finish(checksum.add(pseudo, view, transportAt, segment.length)));
}

function viewOf(frame: Uint8Array): DataView {
  return new DataView(frame.buffer, frame.byteOffset, frame.length);
}
