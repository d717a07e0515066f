import { Cast, type Packet } from '../link/packet.js';
import type { PacketLink } from '../link/packet-link.js';
import * as ipv4 from '../wire/ipv4.js';
import { FragmentRanges } from './fragment-ranges.js';
import { REASSEMBLY_HEADROOM, type ReassemblySlot } from './reassembly-memory.js';

/** The ECN field (RFC 3168 section 5), the last two bits of the TOS. */
const ECN_BITS = 3;
const CONGESTION_EXPERIENCED = 3;

/**
 * A datagram of which fragments have come. Its payload stands at {@link REASSEMBLY_HEADROOM} of its slot, the first
 * fragment's header right before it.
 */
export class PartialDatagram {
  readonly ranges = new FragmentRanges();
  /** Where it is put together; null for one that was refused: the rest of its fragments is to be refused too. */
  slot: ReassemblySlot | null = null;
  /** The words that name it: source, destination, identification and protocol. */
  source = 0;
  destination = 0;
  name = 0;
  /** When its time is over. */
  deadlineUs = 0;
  /** The next younger and the next older one. */
  younger: PartialDatagram | null = null;
  older: PartialDatagram | null = null;
  /** Its index in the table of all. */
  readonly index: number;
  /** The link that its first fragment came by; null until that has come. */
  firstLink: PacketLink | null = null;
  private linkCast = Cast.UNICAST;
  private interfaceIndex = 0;
  private networkCast = Cast.UNICAST;
  private headerLength = 0;
  /** Payload of the first fragment in bytes. */
  private firstLength = 0;
  /** Bit `e` is set if a fragment had the ECN field `e`. */
  private ecnSeen = 0;

  constructor(index: number) {
    this.index = index;
  }

  /** Starts anew for another datagram. */
  begin(source: number, destination: number, name: number, deadlineUs: number): void {
    this.source = source;
    this.destination = destination;
    this.name = name;
    this.deadlineUs = deadlineUs;
    this.ranges.clear();
    this.firstLink = null;
    this.ecnSeen = 0;
  }

  /** Copies the fragment at `packet.at` into the slot, which has room; the one at offset 0 with its header. */
  store(packet: Packet, headerLength: number, offset: number, length: number): void {
    const { memory, at } = packet;
    const { bytes } = this.slot!.memory;
    const payloadAt = at + headerLength;
    bytes.set(memory.bytes.subarray(payloadAt, payloadAt + length), REASSEMBLY_HEADROOM + offset);
    this.ecnSeen |= 1 << (ipv4.tos(packet.view, at) & ECN_BITS);
    if (offset !== 0) return;
    bytes.set(memory.bytes.subarray(at, payloadAt), REASSEMBLY_HEADROOM - headerLength);
    this.firstLink = packet.link;
    this.linkCast = packet.linkCast;
    this.interfaceIndex = packet.interfaceIndex;
    this.networkCast = packet.networkCast;
    this.headerLength = headerLength;
    this.firstLength = length;
  }

  /** True if the bytes of a fragment that has come before are the same. */
  holds(packet: Packet, headerLength: number, offset: number, length: number): boolean {
    const { view, at } = packet;
    const own = this.slot!.memory.view;
    for (let i = 0; i < length; i++) {
      if (view.getUint8(at + headerLength + i) !== own.getUint8(REASSEMBLY_HEADROOM + offset + i)) return false;
    }
    return true;
  }

  /** False if some fragments said that they understand congestion marks, others not, and one was marked (RFC 3168 section 5.3). */
  get hasSoundEcn(): boolean {
    const isMarked = (this.ecnSeen & (1 << CONGESTION_EXPERIENCED)) !== 0;
    return !isMarked || (this.ecnSeen & 1) === 0;
  }

  /** Points `packet` at the whole datagram, its header made to fit; the buffer is nobody's to take. */
  showWhole(packet: Packet): void {
    this.show(packet, this.ranges.totalLength);
    const { view, networkAt } = packet;
    let tos = ipv4.tos(view, networkAt);
    if ((this.ecnSeen & (1 << CONGESTION_EXPERIENCED)) !== 0) tos |= CONGESTION_EXPERIENCED;
    ipv4.makeWhole(view, networkAt, this.headerLength, tos, packet.end - networkAt);
  }

  /** Points `packet` at the first fragment as it came. */
  showFirst(packet: Packet): void {
    this.show(packet, this.firstLength);
  }

  private show(packet: Packet, length: number): void {
    const { memory } = this.slot!;
    packet.link = this.firstLink!;
    packet.memory = memory;
    packet.view = memory.view;
    packet.handle = -1;
    packet.flags = 0;
    packet.at = REASSEMBLY_HEADROOM;
    packet.end = REASSEMBLY_HEADROOM + length;
    packet.networkAt = REASSEMBLY_HEADROOM - this.headerLength;
    packet.linkCast = this.linkCast;
    packet.interfaceIndex = this.interfaceIndex;
    packet.networkCast = this.networkCast;
  }
}
