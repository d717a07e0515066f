import { ipv4, tcp, tcpOptions } from '@lunetta/core';

const IPV4_AT = 14;
const IPV4_TYPE = 0x0800;

/** What one side has put on the wire so far. */
class Sent {
  /** Its SYN's sequence number. */
  iss = 0;
  /** Window shift that its SYN offers; -1: none. */
  offer = -1;
  /** The highest acknowledgment, and the right edge of the largest window. */
  ack = 0;
  edge = 0;
  hasAck = false;
  /** The sequence number after its FIN. */
  finEnd = 0;
  hasFin = false;
}

/** A frame that was put on the cable. */
interface WireFrame {
  readonly bytes: Uint8Array;
  readonly isForward: boolean;
  /** -1: none. */
  readonly corruptedBit: number;
}

/** A TCP segment on the wire. */
interface WireSegment {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly flags: number;
}

/** What each side writes, as far as it has. */
interface Stream {
  readonly outgoing: Uint8Array;
  readonly written: number;
}

/**
 * Holds every segment of a connection to what no sender may do, whatever it receives: send other bytes under a number,
 * or beyond the window (but for a probe's byte), take an acknowledgment or a window back (RFC 9293 sections 3.4, 3.8.6).
 */
export class WireWatch {
  private readonly sides = [new Sent(), new Sent()] as const;
  private readonly options = new tcpOptions.TcpOptions();
  /** What was broken first. */
  fault: string | undefined = undefined;

  constructor(private readonly streams: readonly Stream[]) {}

  /** A frame was put on the cable; it is looked at as it was sent. */
  see(frame: WireFrame): void {
    const { isForward } = frame;
    if (this.fault !== undefined) return;
    const bytes = asSent(frame);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (view.getUint16(12) !== IPV4_TYPE || ipv4.protocol(view, IPV4_AT) !== ipv4.PROTOCOL_TCP) return;
    const at = IPV4_AT + ipv4.headerLength(view, IPV4_AT);
    const end = IPV4_AT + ipv4.totalLength(view, IPV4_AT);
    const from = isForward ? 0 : 1;
    const broken = this.check(from, { view, at, end, flags: tcp.flags(view, at) });
    if (broken !== undefined) this.fault = `side ${from} ${broken}`;
  }

  private check(from: number, segment: WireSegment): string | undefined {
    const { view, at, flags } = segment;
    if ((flags & tcp.RST) !== 0) return undefined;
    const [sent, peer] = [this.sides[from], this.sides[1 - from]];
    if ((flags & tcp.SYN) !== 0) return this.noteSyn(sent, segment);
    // Of several SYN-ACKs, some of them cookies, the one counts that is acknowledged.
    if (from === 0 && !sent.hasAck) peer.iss = (tcp.ack(view, at) - 1) | 0;
    return this.checkText(from, segment) ?? this.checkAck(sent, peer, segment);
  }

  private noteSyn(sent: Sent, { view, at, flags }: WireSegment): undefined {
    if (sent.hasAck) return undefined; // in answer to a SYN from long ago
    sent.iss = tcp.seq(view, at);
    tcpOptions.read(view, at + tcp.HEADER_LENGTH, at + tcp.headerLength(view, at), this.options);
    sent.offer = this.options.windowShift;
    if ((flags & tcp.ACK) !== 0) sent.edge = (tcp.ack(view, at) + tcp.window(view, at)) | 0; // not scaled
    return undefined;
  }

  private checkText(from: number, { view, at, end, flags }: WireSegment): string | undefined {
    const [sent, peer] = [this.sides[from], this.sides[1 - from]];
    const payloadAt = at + tcp.headerLength(view, at);
    const length = end - payloadAt;
    const seq = tcp.seq(view, at);
    if ((flags & tcp.FIN) !== 0) {
      sent.hasFin = true;
      sent.finEnd = (seq + length + 1) | 0;
    }
    if (length === 0) return this.checkNumber(from, seq);
    const beyond = (seq + length - peer.edge) | 0;
    if (beyond > 1) return `sends ${beyond} bytes beyond the window`;
    const offset = (seq - sent.iss - 1) | 0;
    const { outgoing, written } = this.streams[from];
    if (offset < 0 || offset + length > written) return `sends ${length} bytes at ${offset} of ${written}`;
    for (let i = 0; i < length; i++) {
      if (view.getUint8(payloadAt + i) !== outgoing[offset + i]) return `sends another byte at ${offset + i}`;
    }
    return undefined;
  }

  /** What has no text has the number of what follows, of a probe's byte, or of the one before it (RFC 9293 section 3.8.4). */
  private checkNumber(from: number, seq: number): string | undefined {
    const offset = (seq - this.sides[from].iss - 1) | 0;
    const { written } = this.streams[from];
    if (offset >= -1 && offset <= written + 1) return undefined;
    return `acknowledges under the number ${offset} of ${written}`;
  }

  private checkAck(sent: Sent, peer: Sent, { view, at }: WireSegment): string | undefined {
    const ack = tcp.ack(view, at);
    const shift = sent.offer >= 0 && peer.offer >= 0 ? sent.offer : 0;
    const edge = (ack + tcp.window(view, at) * 2 ** shift) | 0;
    const hasAll = peer.hasFin && ack === peer.finEnd; // a window is of no use any more
    if (sent.hasAck && ((ack - sent.ack) | 0) < 0) return `takes back that it has ${(sent.ack - ack) | 0} bytes`;
    if (sent.hasAck && !hasAll && ((edge - sent.edge) | 0) < 0)
      return `shrinks its window by ${(sent.edge - edge) | 0}`;
    sent.hasAck = true;
    sent.ack = ack;
    sent.edge = edge;
    return undefined;
  }
}

function asSent({ bytes, corruptedBit }: WireFrame): Uint8Array {
  if (corruptedBit < 0) return bytes;
  const sent = bytes.slice();
  sent[corruptedBit >>> 3] ^= 1 << (corruptedBit & 7);
  return sent;
}
