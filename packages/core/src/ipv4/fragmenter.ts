import { FrameMemory } from '../link/frame-memory.js';
import type { Drainable, LinkIo } from '../link/link-io.js';
import { Packet } from '../link/packet.js';
import type { NextHop } from '../network/next-hop.js';
import type { PathLink } from '../network/path.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Options from '../wire/ipv4-options.js';
import { FRAGMENT_COUNTERS, FragmentCounter } from './fragment-counters.js';

/** Before the payload: room for the largest header (60 bytes). */
const HEADROOM = 64;
const SIZE = HEADROOM + ipv4.MAX_TOTAL_LENGTH;
/** All fragments but the last carry a multiple of this (RFC 791 section 3.2). */
const UNIT = 8;

/**
 * Cuts datagrams up (RFC 791 section 3.2). One is made, or copied, in memory of its own and leaves as room comes on its
 * link; until its last fragment is queued there is no room for another one.
 */
export class Fragmenter implements Drainable {
  /** See {@link FragmentCounter}. */
  readonly counters = new Float64Array(FRAGMENT_COUNTERS);
  /** The cursor over the datagram; made with the first one. */
  private packet: Packet | undefined = undefined;
  private link: PathLink | undefined = undefined;
  private nextHop: NextHop | undefined = undefined;
  /** The next hop's address: a neighbour's entry may be given to another one meanwhile. */
  private via = 0;
  private mtu = 0;
  private headerAt = 0;
  private headerLength = 0;
  /** The payload that is not sent yet is `[nextAt, end)`. */
  private nextAt = 0;
  private end = 0;

  /** True while a datagram is under way. */
  get isBusy(): boolean {
    return this.link !== undefined;
  }

  /** Starts a datagram with `length` bytes of payload; undefined while another one is under way. */
  begin(link: PathLink, length: number): Packet | undefined {
    if (this.isBusy) return undefined;
    const packet = (this.packet ??= newPacket(link.io));
    packet.at = HEADROOM;
    packet.end = HEADROOM + length;
    return packet;
  }

  /** Copies the received datagram `[networkAt, end)`, to be sent by {@link send}; undefined while another one is under way. */
  copyOf(link: PathLink, { memory, networkAt, end }: Packet, headerLength: number): Packet | undefined {
    const packet = this.begin(link, end - networkAt - headerLength);
    if (packet === undefined) return undefined;
    packet.at = HEADROOM - headerLength;
    packet.networkAt = packet.at;
    packet.memory.bytes.set(memory.bytes.subarray(networkAt, end), packet.at);
    return packet;
  }

  /** Sends the datagram of {@link begin} or {@link copyOf}, whose header stands at `packet.at`. */
  send(link: PathLink, nextHop: NextHop, mtu: number): void {
    const { view, at, end } = this.packet!;
    this.link = link;
    this.nextHop = nextHop;
    this.via = nextHop.address;
    this.mtu = mtu;
    this.headerAt = at;
    this.headerLength = ipv4.headerLength(view, at);
    this.nextAt = at + this.headerLength;
    this.end = end;
    this.counters[FragmentCounter.fragmented]++;
    this.drain();
  }

  /** Sends as many fragments as there is room for. */
  drain(): void {
    const { link } = this;
    if (link === undefined) return;
    while (this.nextAt < this.end) {
      if (this.nextHop!.address !== this.via) return this.abandon();
      if (!link.io.hasRoom) return link.io.waitForRoom(this);
      this.sendNext(link);
    }
    this.link = undefined;
  }

  /** Gives up what is under way: the stack closes. */
  close(): void {
    if (this.isBusy) this.abandon();
  }

  private abandon(): void {
    this.counters[FragmentCounter.abandoned]++;
    this.link = undefined;
  }

  private sendNext(link: PathLink): void {
    const source = this.packet!;
    const { bytes } = source.memory;
    const isFirst = this.nextAt === this.headerAt + this.headerLength;
    const headerLength = isFirst ? this.headerLength : this.laterHeaderLength(source);
    const room = (this.mtu - headerLength) & ~(UNIT - 1);
    const length = Math.min(room, this.end - this.nextAt);
    const fragment = link.io.outgoing;
    fragment.begin(headerLength + length); // a header with options is longer than the room before it
    fragment.networkAt = fragment.at;
    fragment.memory.bytes.set(bytes.subarray(this.nextAt, this.nextAt + length), fragment.at + headerLength);
    this.writeHeader(source, fragment, headerLength, isFirst, length);
    this.nextAt += length;
    this.counters[FragmentCounter.fragmentsSent]++;
    link.output(fragment, this.nextHop!);
  }

  private writeHeader(source: Packet, fragment: Packet, headerLength: number, isFirst: boolean, length: number): void {
    const { memory, view } = source;
    const copied = isFirst ? this.headerLength : ipv4.MIN_HEADER_LENGTH;
    fragment.memory.bytes.set(memory.bytes.subarray(this.headerAt, this.headerAt + copied), fragment.at);
    if (!isFirst && headerLength > copied) {
      const optionsAt = this.headerAt + ipv4.MIN_HEADER_LENGTH;
      const optionsEnd = this.headerAt + this.headerLength;
      ipv4Options.writeCopied(view, optionsAt, optionsEnd, fragment.view, fragment.at + copied);
    }
    // What is cut up may be a fragment itself: its offset counts, and it goes on if it did before.
    const whole = ipv4.fragmentWord(view, this.headerAt);
    const isLast = this.nextAt + length === this.end && (whole & ipv4.MORE_FRAGMENTS) === 0;
    const offset = (this.nextAt - this.headerAt - this.headerLength) / UNIT;
    const word = (whole & ~ipv4.MORE_FRAGMENTS) + offset + (isLast ? 0 : ipv4.MORE_FRAGMENTS);
    ipv4.makeFragment(fragment.view, fragment.at, headerLength, headerLength + length, word);
  }

  /** Of every fragment but the first: only some options are copied (RFC 791 section 3.1). */
  private laterHeaderLength({ view }: Packet): number {
    if (this.headerLength === ipv4.MIN_HEADER_LENGTH) return ipv4.MIN_HEADER_LENGTH;
    const optionsAt = this.headerAt + ipv4.MIN_HEADER_LENGTH;
    return ipv4.MIN_HEADER_LENGTH + ipv4Options.copiedLength(view, optionsAt, this.headerAt + this.headerLength);
  }
}

function newPacket(io: LinkIo): Packet {
  const packet = new Packet(io);
  packet.memory = new FrameMemory(new ArrayBuffer(SIZE), 0, SIZE, SIZE, 1);
  packet.view = packet.memory.view;
  return packet;
}
