import type { Icmp } from '../icmp/icmp.js';
import { RX_IP_CHECKSUM_BAD, RX_IP_CHECKSUM_GOOD } from '../link/descriptor.js';
import { DropReason } from '../link/drop-reason.js';
import { Cast, type Packet } from '../link/packet.js';
import type { Igmp } from '../igmp/igmp.js';
import type { Tcp } from '../tcp/tcp.js';
import type { Raw } from '../raw/raw.js';
import type { Udp } from '../udp/udp.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Address from '../wire/ipv4-address.js';
import * as ipv4Options from '../wire/ipv4-options.js';
import { Verdict, type PacketFilter } from './filter/packet-filter.js';
import type { Forwarder } from './forwarder.js';
import type { InterfaceTable } from './interface-table.js';
import type { Ipv4Interface } from './ipv4-interface.js';
import type { Reassembly } from './reassembly.js';

/** The first byte of a header of version 4 without options. */
const VERSION_4_NO_OPTIONS = 0x45;

/** IPv4 on the way up: validates a datagram as a host must and hands it to its protocol. */
export class Ipv4Input {
  constructor(
    private readonly interfaces: InterfaceTable,
    private readonly icmp: Icmp,
    private readonly igmp: Igmp,
    private readonly udp: Udp,
    private readonly tcp: Tcp,
    private readonly raw: Raw,
    private readonly reassembly: Reassembly,
    private readonly forwarder: Forwarder,
    private readonly filter: PacketFilter,
  ) {}

  /** Takes the datagram `[packet.at, packet.end)`, with the link's padding, if any. */
  input(packet: Packet, iface: Ipv4Interface): void {
    const headerLength = readHeader(packet);
    if (headerLength === 0) return;
    const { view, at } = packet;
    // No source of 0/8, 127/8, a group, a broadcast address or our own (RFC 1122 section 3.2.1.3).
    if (!iface.isOther(ipv4.source(view, at)) && !isUnnumberedIgmp(view, at)) {
      return packet.drop(DropReason['ipv4.badSource']);
    }
    const destination = ipv4.destination(view, at);
    if (destination === iface.primary && destination !== ipv4Address.ANY) {
      packet.networkCast = Cast.UNICAST;
    } else {
      const cast = iface.castOf(destination);
      if (cast === undefined) {
        if (this.interfaces.isForwarding) return this.forwarder.forward(packet, iface, headerLength);
        return packet.drop(DropReason['ipv4.notForUs']);
      }
      packet.networkCast = cast;
    }
    if (packet.networkCast === Cast.UNICAST && packet.linkCast !== Cast.UNICAST) {
      return packet.drop(DropReason['ipv4.unicastInBroadcast']);
    }
    packet.interfaceIndex = iface.index;
    this.inputForUs(packet, headerLength);
  }

  /**
   * Takes a datagram that we have sent to ourselves.
   *
   * @param iface the interface that it counts as received by: loopback, or the one that a multicast left by
   */
  inputLooped(packet: Packet, iface: Ipv4Interface): void {
    const headerLength = readHeader(packet);
    if (headerLength === 0) return;
    const { view, at } = packet;
    if (!this.interfaces.isOwn(ipv4.source(view, at))) return packet.drop(DropReason['ipv4.badSource']);
    const destination = ipv4.destination(view, at);
    const cast = this.interfaces.isOwn(destination) ? Cast.UNICAST : iface.castOf(destination);
    if (cast === undefined) return packet.drop(DropReason['ipv4.notForUs']);
    packet.networkCast = cast;
    packet.linkCast = cast;
    packet.interfaceIndex = iface.index;
    this.inputForUs(packet, headerLength);
  }

  /** Takes a datagram to one of our addresses or groups, whose fixed header is checked. */
  private inputForUs(packet: Packet, headerLength: number): void {
    const { view, at } = packet;
    if (headerLength > ipv4.MIN_HEADER_LENGTH && this.refuseOptions(packet, headerLength)) return;
    const totalLength = ipv4.totalLength(view, at);
    if ((ipv4.fragmentWord(view, at) & ipv4.ANY_FRAGMENT) !== 0) {
      const whole = this.reassembly.add(packet, headerLength, totalLength);
      if (whole !== undefined) this.inputToProtocol(whole);
      return;
    }
    packet.networkAt = at;
    packet.at = at + headerLength;
    packet.end = at + totalLength; // what follows is the link's padding
    this.inputToProtocol(packet);
  }

  /** What is malformed its sender is told (RFC 1122 section 3.2.2.5), and that we obey no source routes. */
  private refuseOptions(packet: Packet, headerLength: number): boolean {
    const { view, at } = packet;
    const problemAt = ipv4Options.problemAt(view, at + ipv4.MIN_HEADER_LENGTH, at + headerLength);
    if (problemAt === ipv4Options.NO_PROBLEM) return false;
    packet.networkAt = at;
    packet.end = at + ipv4.totalLength(view, at);
    packet.at = at + headerLength;
    this.icmp.badOptions(packet, problemAt);
    packet.drop(DropReason['ipv4.badOptions']);
    return true;
  }

  private isFiltered(packet: Packet): boolean {
    const verdict = this.filter.judgeInput(packet);
    if (verdict === Verdict.PASS) return false;
    if (verdict === Verdict.REJECT) this.icmp.unreachable(packet, icmpv4.CODE_ADMINISTRATIVELY_PROHIBITED);
    packet.drop(DropReason['filter.input']);
    return true;
  }

  /** Hands a whole datagram, payload at `packet.at`, to its protocol. */
  private inputToProtocol(packet: Packet): void {
    if (this.filter.input !== null && this.isFiltered(packet)) return;
    const protocol = ipv4.protocol(packet.view, packet.networkAt);
    const isTaken = this.raw.hearsProtocols && this.raw.inputDatagram(packet, protocol);
    switch (protocol) {
      case ipv4.PROTOCOL_UDP:
        return this.udp.input(packet);
      case ipv4.PROTOCOL_TCP:
        return this.tcp.input(packet);
      case ipv4.PROTOCOL_ICMP:
        return this.icmp.input(packet);
      case ipv4.PROTOCOL_IGMP:
        return this.igmp.input(packet);
      default:
        if (isTaken) return packet.delivered();
        this.icmp.protocolUnreachable(packet);
        return packet.drop(DropReason['ipv4.unknownProtocol']);
    }
  }
}

/** The length of the header at `packet.at`, checked; 0 if it is not right: then the packet is dropped. */
function readHeader(packet: Packet): number {
  const { view, at } = packet;
  if (!ipv4.fits(at, packet.end)) return refuse(packet, DropReason['ipv4.truncated']);
  let headerLength = ipv4.MIN_HEADER_LENGTH;
  if (view.getUint8(at) !== VERSION_4_NO_OPTIONS) {
    if (ipv4.version(view, at) !== 4) return refuse(packet, DropReason['ipv4.badVersion']);
    headerLength = ipv4.headerLength(view, at);
    if (headerLength < ipv4.MIN_HEADER_LENGTH || headerLength > packet.end - at) {
      return refuse(packet, DropReason['ipv4.badHeaderLength']);
    }
  }
  const totalLength = ipv4.totalLength(view, at);
  if (totalLength < headerLength || totalLength > packet.end - at) {
    return refuse(packet, DropReason['ipv4.badTotalLength']);
  }
  return isChecksumGood(packet, headerLength) ? headerLength : refuse(packet, DropReason['ipv4.badChecksum']);
}

/** Switches that ask for groups, and hosts that start, have no address yet (RFC 3376 section 4.2.13, RFC 4541 section 2.1.1). */
function isUnnumberedIgmp(view: DataView, at: number): boolean {
  const isIgmp = ipv4.protocol(view, at) === ipv4.PROTOCOL_IGMP && ipv4Address.isMulticast(ipv4.destination(view, at));
  return isIgmp && ipv4.source(view, at) === ipv4Address.ANY;
}

function refuse(packet: Packet, reason: DropReason): 0 {
  packet.drop(reason);
  return 0;
}

function isChecksumGood(packet: Packet, headerLength: number): boolean {
  if ((packet.flags & RX_IP_CHECKSUM_GOOD) !== 0) return true;
  if ((packet.flags & RX_IP_CHECKSUM_BAD) !== 0) return false;
  return ipv4.isChecksumGood(packet.view, packet.at, headerLength);
}
