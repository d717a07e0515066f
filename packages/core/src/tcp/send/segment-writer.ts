import { TX_TCP_CHECKSUM, TX_TSO } from '../../link/descriptor.js';
import type { Packet } from '../../link/packet.js';
import type { LoopPort } from '../../network/loop-port.js';
import type { NetworkLayer } from '../../network/network-layer.js';
import type { Path } from '../../network/path.js';
import * as checksum from '../../wire/checksum.js';
import * as ipv4 from '../../wire/ipv4.js';
import * as tcp from '../../wire/tcp.js';
import * as tcpOptions from '../../wire/tcp-options.js';
import { TcpCounter } from '../tcp-counters.js';

/** The TTL of segments that belong to no connection. */
const TTL = 64;

/** Writes segments into frames and hands them to the network layer. */
export class SegmentWriter {
  constructor(
    private readonly network: NetworkLayer,
    private readonly loop: LoopPort,
    private readonly counters: Float64Array,
  ) {}

  /** True if a segment can leave by this path now. */
  hasRoom(path: Path): boolean {
    return path.link!.io.hasRoom;
  }

  /**
   * Starts a segment of `headerLength` and `textLength` bytes; there is room ({@link hasRoom}). Options are to be
   * written at `packet.at + 20`, the text after the header; then {@link finish}.
   *
   * @param mss of a longer text the device makes segments of so many bytes
   */
  begin(path: Path, headerLength: number, textLength: number, mss: number): Packet {
    if (textLength <= mss) return this.network.begin(path, headerLength + textLength)!;
    const packet = this.network.beginSegmented(path, headerLength + textLength);
    packet.flags = TX_TSO;
    packet.mss = mss;
    return packet;
  }

  /** Writes the header of what {@link begin} has started, checksum included, and sends it; the buffer is taken. */
  finish(
    packet: Packet,
    path: Path,
    srcPort: number,
    dstPort: number,
    seq: number,
    ack: number,
    headerLength: number,
    flags: number,
    window: number,
    ttl = TTL,
    tos = 0,
  ): void {
    const { view, at, end, memory } = packet;
    tcp.write(view, at, srcPort, dstPort, seq, ack, headerLength, flags, window);
    const pseudo = path.addressSum + ipv4.PROTOCOL_TCP + (end - at);
    if ((path.link!.io.offloads & TX_TCP_CHECKSUM) !== 0) {
      tcp.setChecksum(view, at, checksum.fold(pseudo));
      packet.leaveChecksum(TX_TCP_CHECKSUM, headerLength);
    } else {
      tcp.setChecksum(view, at, checksum.finish(memory.addSum(pseudo, at, end)));
    }
    this.network.output(packet, path, ipv4.PROTOCOL_TCP, ttl, tos, true); // RFC 1191
    this.counters[TcpCounter.segmentsSent]++;
    if ((flags & tcp.RST) !== 0) this.counters[TcpCounter.resetsSent]++;
    this.loop.wake();
  }

  /** Sends a segment without options and text; false if there is no room. */
  bare(path: Path, srcPort: number, dstPort: number, seq: number, ack: number, flags: number, window: number): boolean {
    if (!this.hasRoom(path)) return false;
    const packet = this.begin(path, tcp.HEADER_LENGTH, 0, 0);
    this.finish(packet, path, srcPort, dstPort, seq, ack, tcp.HEADER_LENGTH, flags, window);
    return true;
  }

  /** Sends a SYN or SYN-ACK; false if there is no room. */
  syn(
    path: Path,
    srcPort: number,
    dstPort: number,
    seq: number,
    ack: number,
    flags: number,
    window: number,
    offer: tcpOptions.SynOffer,
    tsValue: number,
    tsEcho: number,
    ttl = TTL,
    tos = 0,
  ): boolean {
    if (!this.hasRoom(path)) return false;
    const headerLength = tcp.HEADER_LENGTH + tcpOptions.synLength(offer);
    const packet = this.begin(path, headerLength, 0, 0);
    tcpOptions.writeSyn(packet.view, packet.at + tcp.HEADER_LENGTH, offer, tsValue, tsEcho);
    this.finish(packet, path, srcPort, dstPort, seq, ack, headerLength, flags, window, ttl, tos);
    return true;
  }
}
