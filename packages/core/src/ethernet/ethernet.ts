import { Arp, type ArpPorts, type ArpSettings } from '../arp/arp.js';
import type { Ipv4Input } from '../ipv4/ipv4-input.js';
import type { Ipv4Interface, Ipv4Link } from '../ipv4/ipv4-interface.js';
import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, type Packet } from '../link/packet.js';
import { Reachability, type NextHop } from '../network/next-hop.js';
import * as ethernet from '../wire/ethernet.js';
import * as macAddress from '../wire/mac-address.js';

/** How Ethernet speaks to the rest of the stack, beside the layers above it. */
export interface EthernetPorts extends Pick<ArpPorts, 'unresolved' | 'conflict'> {
  /** Asks the device for the frames to these multicast addresses, six bytes each. */
  setMulticastList(addresses: readonly Uint8Array[]): void;
}

/** Ethernet II on one link: takes what is for us and hands it up by its type; addresses what goes out. */
export class Ethernet implements Ipv4Link {
  readonly io: LinkIo;
  readonly arp: Arp;
  private readonly iface: Ipv4Interface;
  private readonly macHi: number;
  private readonly macLo: number;
  /** Last four bytes of the joined groups' addresses, all of them 01-00-5e-... */
  private readonly groups = new Set<number>();

  constructor(
    settings: ArpSettings,
    private readonly ipv4: Ipv4Input,
    private readonly ports: EthernetPorts,
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
      conflict: ports.conflict,
    });
  }

  neighbour(address: number): NextHop | undefined {
    return this.arp.neighbour(address);
  }

  setGroups(groups: readonly number[]): void {
    this.groups.clear();
    for (const group of groups) this.groups.add(macAddress.ipv4MulticastLo(group));
    this.ports.setMulticastList(Array.from(this.groups, (lo) => macAddress.toBytes(macAddress.IPV4_MULTICAST_HI, lo)));
  }

  /** Takes the frame `[packet.at, packet.end)`, padded or not. */
  input(packet: Packet): void {
    const { view, at } = packet;
    if (!ethernet.fits(at, packet.end)) return packet.drop(DropReason['ethernet.truncated']);
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
    packet.at = at + ethernet.HEADER_LENGTH;
    switch (ethernet.ethertype(view, at)) {
      case ethernet.ETHERTYPE_IPV4:
        return this.ipv4.input(packet, this.iface);
      case ethernet.ETHERTYPE_ARP:
        return this.arp.input(packet);
      default:
        return packet.drop(DropReason['ethernet.unknownType']);
    }
  }

  output(packet: Packet, nextHop: NextHop): void {
    this.io.counters[LinkCounter.txAccepted]++;
    if (nextHop.reachability === Reachability.UNRESOLVED) return this.arp.wait(packet, nextHop);
    this.transmit(packet, nextHop.macHi, nextHop.macLo, ethernet.ETHERTYPE_IPV4);
    if (nextHop.reachability === Reachability.STALE) this.arp.used(nextHop);
  }

  private transmit(packet: Packet, macHi: number, macLo: number, ethertype: number): void {
    const { io } = this;
    if (!io.hasTxRoom) {
      // The caller saw room, but an ARP request for this very frame has taken the last place.
      io.release(packet.takeHandle());
      io.txDrops[DropReason['link.txFull']]++;
      return;
    }
    const at = packet.at - ethernet.HEADER_LENGTH;
    ethernet.write(packet.view, at, macHi, macLo, this.macHi, this.macLo, ethertype);
    io.transmit(packet.takeHandle(), at, packet.end - at);
  }
}
