import { Arp, type ArpPorts, type ArpSettings } from '../arp/arp.js';
import type { Ipv4Input } from '../ipv4/ipv4-input.js';
import type { Ipv4Interface, Ipv4Link } from '../ipv4/ipv4-interface.js';
import { RX_VLAN_STRIPPED } from '../link/descriptor.js';
import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, type Packet } from '../link/packet.js';
import { Reachability, type NextHop } from '../network/next-hop.js';
import type { Raw } from '../raw/raw.js';
import * as ethernet from '../wire/ethernet.js';
import * as macAddress from '../wire/mac-address.js';

/** How Ethernet speaks to the rest of the stack, beside the layers above it. */
export interface EthernetPorts extends Pick<ArpPorts, 'unresolved' | 'usable' | 'conflict'> {
  /** Asks the device for the frames to these multicast addresses, six bytes each. */
  setMulticastList(addresses: readonly Uint8Array[]): void;
}

/** The tag of a VLAN's frames (IEEE 802.1Q). */
export interface VlanTag {
  /** 1..4094. */
  readonly id: number;
  /** The ethertype that says that a tag follows: 0x8100, or 0x88a8 for the outer one of two (IEEE 802.1ad). */
  readonly tpid: number;
  /** The tag before it, of the VLAN that this one is carried in. */
  readonly outer?: VlanTag | undefined;
}

/** Ethernet II on one link, or in one VLAN: takes what is for us and hands it up by its type; addresses what goes out. */
export class Ethernet implements Ipv4Link {
  readonly io: LinkIo;
  readonly arp: Arp;
  private readonly iface: Ipv4Interface;
  private readonly macHi: number;
  private readonly macLo: number;
  /** The links of the VLANs on this one, by number; undefined while there is none. */
  private vlans: Map<number, Ethernet> | undefined = undefined;
  /** Last four bytes of the joined groups' addresses, all of them 01-00-5e-... */
  private readonly groups = new Set<number>();

  constructor(
    settings: ArpSettings,
    private readonly ipv4: Ipv4Input,
    private readonly raw: Raw,
    private readonly ports: EthernetPorts,
    /** Of a VLAN's link; undefined for the port's own. */
    private readonly tag?: VlanTag,
  ) {
    this.io = settings.io;
    this.iface = settings.iface;
    this.macHi = settings.macHi;
    this.macLo = settings.macLo;
    this.arp = new Arp(settings, {
      outputFrame: (packet, macHi, macLo, type) => {
        this.io.counters[LinkCounter.txAccepted] += type === 'arp' ? 1 : 0; // a datagram that waited counts already
        const ethertype = type === 'arp' ? ethernet.ETHERTYPE_ARP : ethernet.ETHERTYPE_IPV4;
        this.transmit(packet, macHi, macLo, ethertype);
      },
      unresolved: ports.unresolved,
      usable: ports.usable,
      conflict: ports.conflict,
    });
  }

  neighbour(address: number): NextHop | undefined {
    return this.arp.resolver.neighbour(address);
  }

  doubt(nextHop: NextHop): void {
    this.arp.resolver.doubt(nextHop);
  }

  setGroups(groups: ReadonlySet<number>): void {
    this.groups.clear();
    for (const group of groups) this.groups.add(macAddress.ipv4MulticastLo(group));
    this.ports.setMulticastList(Array.from(this.groups, (lo) => macAddress.toBytes(macAddress.IPV4_MULTICAST_HI, lo)));
  }

  /** Takes the frame `[packet.at, packet.end)`, padded or not. */
  input(packet: Packet): void {
    if (!ethernet.fits(packet.at, packet.end)) return packet.drop(DropReason['ethernet.truncated']);
    if ((packet.flags & RX_VLAN_STRIPPED) !== 0) return this.inputStripped(packet);
    this.inputAt(packet, packet.at + ethernet.TYPE_AT);
  }

  /** The frame's tag was taken out by the device. */
  private inputStripped(packet: Packet): void {
    const link = this.linkOf(ethernet.vlanOf(packet.vlanTci));
    if (link === undefined) return packet.drop(DropReason['ethernet.unknownVlan']);
    link.inputAt(packet, packet.at + ethernet.TYPE_AT);
  }

  /** What follows at `typeAt` is a tag: the frame goes to the link of that VLAN. */
  private inputTagged(packet: Packet, typeAt: number): void {
    const nextAt = typeAt + ethernet.TAG_LENGTH;
    if (nextAt + 2 > packet.end) return packet.drop(DropReason['ethernet.truncated']);
    const link = this.linkOf(ethernet.vlanOf(packet.view.getUint16(typeAt + 2)));
    if (link === undefined) {
      const { raw, iface } = this;
      if (raw.hearsFrames && raw.inputFrame(packet, packet.view.getUint16(typeAt), iface.index)) {
        return packet.delivered();
      }
      return packet.drop(DropReason['ethernet.unknownVlan']);
    }
    link.inputAt(packet, nextAt);
  }

  /** The link of a VLAN on this one; 0 is no VLAN but a mere priority (IEEE 802.1Q section 9.6). */
  private linkOf(vlan: number): Ethernet | undefined {
    return vlan === 0 ? this : this.vlans?.get(vlan);
  }

  /** Takes the frame at `packet.at` whose ethertype, those of tags passed, is at `typeAt`. */
  private inputAt(packet: Packet, typeAt: number): void {
    const { view, at } = packet;
    const type = view.getUint16(typeAt);
    if (ethernet.isTag(type)) return this.inputTagged(packet, typeAt);
    const hi = ethernet.destinationHi(view, at);
    const lo = ethernet.destinationLo(view, at);
    if (hi === this.macHi && lo === this.macLo) {
      packet.linkCast = Cast.UNICAST;
    } else if (hi === macAddress.BROADCAST_HI && lo === macAddress.BROADCAST_LO) {
      packet.linkCast = Cast.BROADCAST;
    } else if (macAddress.isGroup(hi)) {
      if (hi !== macAddress.IPV4_MULTICAST_HI || !this.groups.has(lo)) {
        return packet.drop(DropReason['ethernet.notJoined']);
      }
      packet.linkCast = Cast.MULTICAST;
    } else {
      return packet.drop(DropReason['ethernet.foreign']);
    }
    const sourceHi = ethernet.sourceHi(view, at);
    const sourceLo = ethernet.sourceLo(view, at);
    if (macAddress.isGroup(sourceHi) || macAddress.isZero(sourceHi, sourceLo)) {
      return packet.drop(DropReason['ethernet.badSource']);
    }
    if (sourceLo === this.macLo && sourceHi === this.macHi) return packet.drop(DropReason['ethernet.ownSource']);
    const isTaken = this.raw.hearsFrames && this.raw.inputFrame(packet, type, this.iface.index);
    packet.at = typeAt + 2;
    switch (type) {
      case ethernet.ETHERTYPE_IPV4:
        return this.ipv4.input(packet, this.iface);
      case ethernet.ETHERTYPE_ARP:
        return this.arp.input(packet);
      default:
        return isTaken ? packet.delivered() : packet.drop(DropReason['ethernet.unknownType']);
    }
  }

  /** Adds the link of a VLAN, which stands on this one. */
  addVlan(id: number, link: Ethernet): void {
    this.vlans ??= new Map();
    this.vlans.set(id, link);
  }

  output(packet: Packet, nextHop: NextHop): void {
    this.io.counters[LinkCounter.txAccepted]++;
    if (nextHop.reachability === Reachability.UNRESOLVED) return this.arp.resolver.wait(packet, nextHop);
    this.transmit(packet, nextHop.macHi, nextHop.macLo, ethernet.ETHERTYPE_IPV4);
    if (nextHop.reachability === Reachability.STALE) this.arp.resolver.used(nextHop);
  }

  private transmit(packet: Packet, macHi: number, macLo: number, ethertype: number): void {
    const { io } = this;
    if (!io.hasTxRoom) {
      // The caller saw room, but an ARP request for this very frame has taken the last place.
      io.release(packet.takeHandle());
      io.txDrops[DropReason['link.txFull']]++;
      return;
    }
    const { view } = packet;
    if (this.tag !== undefined) return this.transmitTagged(packet, this.tag, macHi, macLo, ethertype);
    const at = packet.at - ethernet.HEADER_LENGTH;
    ethernet.write(view, at, macHi, macLo, this.macHi, this.macLo, ethertype);
    io.transmit(packet, at);
  }

  /** With the tag of our VLAN: by the device if it can, else between the addresses and the ethertype. */
  private transmitTagged(packet: Packet, tag: VlanTag, macHi: number, macLo: number, ethertype: number): void {
    const { io } = this;
    const { view } = packet;
    const isInserted = tag.outer === undefined && tag.tpid === ethernet.ETHERTYPE_VLAN && io.insertsTags;
    let typeAt = packet.at - 2;
    view.setUint16(typeAt, ethertype);
    for (let each = isInserted ? undefined : tag; each !== undefined; each = each.outer) {
      view.setUint16(typeAt - 2, each.id);
      view.setUint16(typeAt - ethernet.TAG_LENGTH, each.tpid);
      typeAt -= ethernet.TAG_LENGTH;
    }
    const at = typeAt - ethernet.TYPE_AT;
    ethernet.write(view, at, macHi, macLo, this.macHi, this.macLo, view.getUint16(typeAt));
    if (isInserted) io.transmitTagged(packet, at, tag.id);
    else io.transmit(packet, at);
  }
}
