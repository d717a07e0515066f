import { RX_COALESCED } from '../link/descriptor.js';
import type { Packet } from '../link/packet.js';
import * as ipv4 from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import { TcpOptions } from '../wire/tcp-options.js';
import * as tcpOptions from '../wire/tcp-options.js';

/** A received segment, read once; there is one object for all. */
export class Segment {
  /** Addresses as the family has them (IPv4: signed 32 bits). */
  local = 0;
  remote = 0;
  localPort = 0;
  remotePort = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** As it stands in the header, not scaled. */
  window = 0;
  /** Where urgent text ends, from `seq` on; counts with URG only. */
  urgentPointer = 0;
  /** Where the text lies in {@link bytes}. */
  payloadAt = 0;
  payloadLength = 0;
  /** Bytes of text in the largest segment of it: the device may have put several together. */
  largestText = 0;
  /** DSCP and ECN of the datagram. */
  tos = 0;
  readonly options = new TcpOptions();
  /** The memory that it lies in. */
  bytes!: Uint8Array;

  /** Bytes of sequence space: the text, SYN and FIN. */
  get length(): number {
    return this.payloadLength + ((this.flags & tcp.SYN) >>> 1) + (this.flags & tcp.FIN);
  }

  /** The sequence number after its last. */
  get end(): number {
    return (this.seq + this.length) | 0;
  }

  /** True if one of `flags` is set. */
  has(flags: number): boolean {
    return (this.flags & flags) !== 0;
  }

  /**
   * Reads the segment `[packet.at, packet.end)`, whose header fits.
   *
   * @returns false if an option has an illegal length
   */
  load(packet: Packet): boolean {
    const { view, at, networkAt, memory } = packet;
    if (this.bytes !== memory.bytes) this.bytes = memory.bytes;
    this.remote = ipv4.source(view, networkAt);
    this.local = ipv4.destination(view, networkAt);
    this.tos = ipv4.tos(view, networkAt);
    this.remotePort = tcp.srcPort(view, at);
    this.localPort = tcp.dstPort(view, at);
    this.seq = tcp.seq(view, at);
    this.ack = tcp.ack(view, at);
    this.flags = tcp.flags(view, at);
    this.window = tcp.window(view, at);
    this.urgentPointer = tcp.urgentPointer(view, at);
    this.payloadAt = at + tcp.headerLength(view, at);
    this.payloadLength = packet.end - this.payloadAt;
    const isCoalesced = (packet.flags & RX_COALESCED) !== 0 && packet.mss < this.payloadLength;
    this.largestText = isCoalesced ? packet.mss : this.payloadLength;
    return tcpOptions.read(view, at + tcp.HEADER_LENGTH, this.payloadAt, this.options);
  }
}
