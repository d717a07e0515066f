import type { Icmp } from '../icmp/icmp.js';
import { RX_COALESCED, RX_L4_CHECKSUM_GOOD } from '../link/descriptor.js';
import { DropReason } from '../link/drop-reason.js';
import { Cast, type Packet } from '../link/packet.js';
import type { Path } from '../network/path.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import * as ipv4Options from '../wire/ipv4-options.js';
import { Verdict, type PacketFilter } from './filter/packet-filter.js';
import { FORWARD_COUNTERS, ForwardCounter } from './forward-counters.js';
import type { Ipv4Interface } from './ipv4-interface.js';
import type { Ipv4Output } from './ipv4-output.js';
import type { Ipv4Settings } from './ipv4-settings.js';
import { cutOf, sendSegments, type Cut } from './tcp-segmenter.js';
import { finishChecksum } from './transport-checksum.js';

/** Passes on what is for others (RFC 1812 section 5): in its own buffer where both links share their memory. */
export class Forwarder {
  /** See {@link ForwardCounter}. */
  readonly counters = new Float64Array(FORWARD_COUNTERS);

  constructor(
    private readonly output: Ipv4Output,
    private readonly icmp: Icmp,
    private readonly filter: PacketFilter,
    private readonly settings: Ipv4Settings,
  ) {}

  /** Takes the datagram at `packet.at`, not for us, whose header of `headerLength` bytes is checked. */
  forward(packet: Packet, iface: Ipv4Interface, headerLength: number): void {
    const { view, at } = packet;
    const remote = ipv4.destination(view, at);
    const mayLeave = isForwardable(remote) && isForwardable(ipv4.source(view, at));
    if (packet.linkCast !== Cast.UNICAST || !mayLeave) return packet.drop(DropReason['ipv4.notForUs']);
    packet.networkAt = at;
    packet.end = at + ipv4.totalLength(view, at);
    packet.at = at + headerLength;
    packet.networkCast = Cast.TRANSIT;
    packet.interfaceIndex = iface.index;
    if (headerLength > ipv4.MIN_HEADER_LENGTH && this.refuseOptions(packet)) return;
    if (ipv4.ttl(view, at) <= 1) {
      this.icmp.timeExceeded(packet);
      return packet.drop(DropReason['forward.ttlExceeded']);
    }
    const path = this.output.forwardPath(remote);
    if (typeof path === 'string') return this.refuseRoute(packet, path);
    if (path.cast === Cast.BROADCAST && (!this.settings.forwardBroadcasts || path.interfaceIndex === iface.index)) {
      return packet.drop(DropReason['forward.broadcast']);
    }
    if (this.filter.forward !== null && this.isFiltered(packet, path)) return;
    if (path.interfaceIndex === iface.index) this.redirect(packet, iface, path);
    this.send(packet, path, headerLength);
  }

  private send(packet: Packet, path: Path, headerLength: number): void {
    const { view, networkAt, end, mss } = packet;
    const cut = (packet.flags & RX_COALESCED) !== 0 ? cutOf(packet) : undefined;
    const isTooLong = (cut === undefined ? end - networkAt : cut.headersLength + mss) > path.linkMtu;
    if (isTooLong && (ipv4.fragmentWord(view, networkAt) & ipv4.DONT_FRAGMENT) !== 0) {
      this.icmp.unreachable(packet, icmpv4.CODE_FRAGMENTATION_NEEDED, path.linkMtu);
      return packet.drop(DropReason['forward.tooLong']);
    }
    // The device vouches for it, and it may be unfinished: a local sender leaves it to hardware that never sees it.
    const isWhole = cut === undefined || isTooLong; // each segment gets one of its own
    if ((packet.flags & RX_L4_CHECKSUM_GOOD) !== 0 && isWhole) finishChecksum(packet);
    ipv4.decrementTtl(view, networkAt);
    if (!this.sendAs(packet, path, headerLength, cut, isTooLong)) return packet.drop(DropReason['forward.noRoom']);
    this.counters[ForwardCounter.forwarded]++;
    packet.forwarded();
  }

  /** Sends it in segments, in fragments or whole; false if there is no room. */
  private sendAs(packet: Packet, path: Path, headerLength: number, cut: Cut | undefined, isTooLong: boolean): boolean {
    if (cut !== undefined && !isTooLong) return this.sendSegments(packet, path, cut);
    return isTooLong ? this.sendFragments(packet, path, headerLength) : this.sendWhole(packet, path);
  }

  private sendSegments(packet: Packet, path: Path, cut: Cut): boolean {
    const link = path.link!;
    if (!link.io.hasRoomFor(cut.count)) return false;
    sendSegments(packet, cut, link, path.nextHop!);
    return true;
  }

  private sendWhole(packet: Packet, path: Path): boolean {
    const link = path.link!;
    const { io } = link;
    const { memory, networkAt, end } = packet;
    if (packet.handle >= 0 && io.memory === memory) {
      if (!io.hasTxRoom) return false;
      packet.at = networkAt;
      link.output(packet, path.nextHop!);
      return true;
    }
    if (!io.hasRoom) return false;
    const copy = io.outgoing;
    copy.begin(end - networkAt);
    copy.networkAt = copy.at;
    copy.memory.bytes.set(memory.bytes.subarray(networkAt, end), copy.at);
    link.output(copy, path.nextHop!);
    return true;
  }

  private sendFragments(packet: Packet, path: Path, headerLength: number): boolean {
    const { fragmenter } = this.output;
    if (fragmenter.copyOf(path.link!, packet, headerLength) === undefined) return false;
    fragmenter.send(path.link!, path.nextHop!, path.linkMtu);
    this.counters[ForwardCounter.fragmented]++;
    return true;
  }

  /** A router obeys no source routes (RFC 7126 section 4.3); what is malformed it says (RFC 1812 section 4.3.3.5). */
  private refuseOptions(packet: Packet): boolean {
    const { view, networkAt, at } = packet;
    const problemAt = ipv4Options.problemAt(view, networkAt + ipv4.MIN_HEADER_LENGTH, at);
    if (problemAt < 0) return false;
    this.icmp.badOptions(packet, problemAt);
    packet.drop(DropReason['ipv4.badOptions']);
    return true;
  }

  private refuseRoute(packet: Packet, error: string): void {
    const code = error === 'EHOSTUNREACH' ? icmpv4.CODE_HOST_UNREACHABLE : icmpv4.CODE_NET_UNREACHABLE;
    this.icmp.unreachable(packet, code);
    packet.drop(DropReason['forward.noRoute']);
  }

  private isFiltered(packet: Packet, path: Path): boolean {
    const verdict = this.filter.judgeForward(packet, path.interfaceIndex);
    if (verdict === Verdict.PASS) return false;
    if (verdict === Verdict.REJECT) this.icmp.unreachable(packet, icmpv4.CODE_ADMINISTRATIVELY_PROHIBITED);
    packet.drop(DropReason['filter.forward']);
    return true;
  }

  /** Its sender could have handed it to the next router itself: tells him so (RFC 1812 section 5.2.7.2). */
  private redirect(packet: Packet, iface: Ipv4Interface, path: Path): void {
    this.counters[ForwardCounter.redirected]++;
    if (!this.settings.sendRedirects) return;
    const source = ipv4.source(packet.view, packet.networkAt);
    if (iface.isOnSameNetwork(source, path.via)) this.icmp.redirect(packet, path.via);
  }
}

/** False for what belongs to one link only: 169.254/16 (RFC 3927 section 7), and for what no host has. */
function isForwardable(address: number): boolean {
  return ipv4Address.isHost(address) && address >>> 16 !== 0xa9fe;
}
