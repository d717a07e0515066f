import { DropReason } from '../link/drop-reason.js';
import { Packet } from '../link/packet.js';
import type { LinkIo } from '../link/link-io.js';
import type { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import { Reachability, type NextHop } from '../network/next-hop.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as arp from '../wire/arp.js';
import * as macAddress from '../wire/mac-address.js';
import { ARP_COUNTERS, ArpCounter } from './arp-counters.js';
import { REQUEST_INTERVAL_US, type ArpLimits } from './arp-limits.js';
import { Announcer } from './announcer.js';
import type { Neighbour } from './neighbour.js';
import { NeighbourTable } from './neighbour-table.js';
import { PendingFrames } from './pending-frames.js';

/** What ARP needs of its surroundings. */
export interface ArpPorts {
  /** Writes the Ethernet header before `[packet.at, packet.end)` and queues the frame; the buffer is taken. */
  outputFrame(packet: Packet, macHi: number, macLo: number, ethertype: 'arp' | 'ipv4'): void;
  /** The datagram `[networkAt, end)` of the link's memory cannot be delivered: its next hop does not answer. */
  unresolved(networkAt: number, end: number): void;
  /** Another station uses our address; at most once in 10 seconds. */
  conflict(address: number, macHi: number, macLo: number): void;
}

/** What ARP is made of. */
export interface ArpSettings {
  readonly io: LinkIo;
  readonly iface: Ipv4Interface;
  readonly macHi: number;
  readonly macLo: number;
  readonly limits: ArpLimits;
  readonly time: StackTime;
  readonly timers: TimerWheel;
  readonly random: Random;
}

/**
 * ARP on one link (RFC 826, RFC 1122 section 2.3.2): answers for our addresses, learns from what is addressed to us,
 * resolves and confirms the neighbours that are used, and keeps frames until their neighbour has answered.
 *
 * A neighbour is UNRESOLVED until it answers, REACHABLE for `reachableMs`, then STALE: used as before, but its first use
 * starts unicast requests that confirm it or give it up. It is forgotten after `staleMs` without use.
 */
export class Arp {
  /** See {@link ArpCounter}. */
  readonly counters = new Float64Array(ARP_COUNTERS);
  private readonly io: LinkIo;
  private readonly iface: Ipv4Interface;
  private readonly macHi: number;
  private readonly macLo: number;
  private readonly limits: ArpLimits;
  private readonly time: StackTime;
  private readonly timers: TimerWheel;
  private readonly table: NeighbourTable;
  private readonly pending: PendingFrames;
  private readonly announcer: Announcer;
  /** ARP's own cursor: it may send while another frame is under way. */
  private readonly packet: Packet;

  constructor(
    settings: ArpSettings,
    private readonly ports: ArpPorts,
  ) {
    const { io, iface, macHi, macLo, limits, time, timers, random } = settings;
    this.io = io;
    this.iface = iface;
    this.macHi = macHi;
    this.macLo = macLo;
    this.limits = limits;
    this.time = time;
    this.timers = timers;
    this.table = new NeighbourTable(
      () => random.int32(),
      limits.maxNeighbours,
      (neighbour) => this.expire(neighbour),
    );
    this.pending = new PendingFrames(io, limits);
    this.announcer = new Announcer(time, timers, (address) => this.announce(address));
    this.packet = new Packet(io);
  }

  /** Number of neighbours known or asked for. */
  get size(): number {
    return this.table.size;
  }

  /** Frames that wait for a neighbour. */
  get pendingCount(): number {
    return this.pending.size;
  }

  /** All neighbours. */
  get neighbours(): Iterable<Neighbour> {
    return this.table;
  }

  /** Tells the link that our addresses are here (RFC 5227 section 2.3). */
  start(): void {
    this.announcer.start(this.iface.addressList.map((own) => own.address));
  }

  /** Drops what waits and stops every timer: the interface closes. */
  close(): void {
    this.announcer.stop();
    for (const neighbour of this.table) {
      while (neighbour.pending.length > 0) this.pending.drop(neighbour.pending[0], DropReason['link.closed']);
      this.timers.cancel(neighbour.timer);
    }
  }

  /** The entry of an address, made if there is none; undefined if the table is full of neighbours waited for. */
  neighbour(address: number): Neighbour | undefined {
    return this.table.find(address) ?? this.create(address);
  }

  /** Keeps a datagram for a neighbour that is UNRESOLVED, and asks for it. The buffer is taken. */
  wait(packet: Packet, nextHop: NextHop): void {
    const neighbour = nextHop as Neighbour; // every NextHop of a link that is not a group's is its ARP's
    this.pending.add(packet, neighbour);
    this.ask(neighbour);
  }

  /** A datagram has gone to a neighbour that is STALE: asks whether it is still there. */
  used(nextHop: NextHop): void {
    this.ask(nextHop as Neighbour);
  }

  /** Takes the ARP packet `[packet.at, packet.end)`. */
  input(packet: Packet): void {
    const { view, at } = packet;
    if (!arp.fits(at, packet.end)) return packet.drop(DropReason['arp.truncated']);
    const operation = arp.operation(view, at);
    if (!arp.isEthernetIpv4(view, at) || (operation !== arp.OPERATION_REQUEST && operation !== arp.OPERATION_REPLY)) {
      return packet.drop(DropReason['arp.unknownFormat']);
    }
    const senderHi = arp.senderHardwareHi(view, at);
    const senderLo = arp.senderHardwareLo(view, at);
    const sender = arp.senderAddress(view, at);
    const isProbe = sender === 0 && operation === arp.OPERATION_REQUEST;
    const isOurs = senderHi === this.macHi && senderLo === this.macLo;
    if (isOurs || macAddress.isGroup(senderHi) || macAddress.isZero(senderHi, senderLo)) {
      return packet.drop(DropReason['arp.badSender']);
    }
    if (!isProbe && !this.iface.isOther(sender) && !this.iface.owns(sender)) {
      return packet.drop(DropReason['arp.badSender']);
    }
    if (this.iface.owns(sender)) return this.conflict(packet, sender, senderHi, senderLo);
    if (operation === arp.OPERATION_REPLY) return this.reply(packet, sender, senderHi, senderLo);
    this.request(packet, sender, senderHi, senderLo);
  }

  private request(packet: Packet, sender: number, senderHi: number, senderLo: number): void {
    this.counters[ArpCounter.requestsReceived]++;
    const target = arp.targetAddress(packet.view, packet.at);
    const isForUs = this.iface.owns(target);
    // Who asks for us will be sent to; of others only what is known already is brought up to date (RFC 826).
    const neighbour = sender === 0 ? undefined : isForUs ? this.neighbour(sender) : this.table.find(sender);
    if (neighbour !== undefined) this.learn(neighbour, senderHi, senderLo);
    if (!isForUs) {
      if (neighbour === undefined) return packet.drop(DropReason['arp.notForUs']);
      return packet.consumed();
    }
    packet.consumed();
    if (this.send(arp.OPERATION_REPLY, target, senderHi, senderLo, sender)) this.counters[ArpCounter.repliesSent]++;
  }

  private reply(packet: Packet, sender: number, senderHi: number, senderLo: number): void {
    const { view, at } = packet;
    const target = arp.targetAddress(view, at);
    const neighbour = this.table.find(sender);
    this.counters[ArpCounter.repliesReceived]++;
    if (target === sender && neighbour !== undefined && !this.isAsked(neighbour)) {
      // A gratuitous reply: the address has moved to another station (RFC 5227 section 3).
      this.learn(neighbour, senderHi, senderLo);
      return packet.consumed();
    }
    if (!this.iface.owns(target)) return packet.drop(DropReason['arp.notForUs']);
    if (neighbour === undefined || !this.isAsked(neighbour)) return packet.drop(DropReason['arp.unsolicited']);
    this.confirm(neighbour, senderHi, senderLo);
    packet.consumed();
  }

  private conflict(packet: Packet, address: number, macHi: number, macLo: number): void {
    this.counters[ArpCounter.conflicts]++;
    packet.drop(DropReason['arp.conflict']);
    if (this.announcer.mayDefend(address)) {
      this.announce(address);
      this.ports.conflict(address, macHi, macLo);
    }
  }

  /** A neighbour has spoken without being asked: its address is usable, but not confirmed. */
  private learn(neighbour: Neighbour, macHi: number, macLo: number): void {
    if (neighbour.reachability !== Reachability.UNRESOLVED && neighbour.macHi === macHi && neighbour.macLo === macLo) {
      return;
    }
    neighbour.reachability = Reachability.STALE;
    this.setAddress(neighbour, macHi, macLo, this.limits.staleMs);
  }

  /** A neighbour has answered our request. */
  private confirm(neighbour: Neighbour, macHi: number, macLo: number): void {
    neighbour.reachability = Reachability.REACHABLE;
    this.setAddress(neighbour, macHi, macLo, this.limits.reachableMs);
  }

  private setAddress(neighbour: Neighbour, macHi: number, macLo: number, lifetimeMs: number): void {
    neighbour.macHi = macHi;
    neighbour.macLo = macLo;
    neighbour.requests = 0;
    this.timers.arm(neighbour.timer, this.time.nowUs + lifetimeMs * 1000);
    while (neighbour.pending.length > 0) this.sendPending(neighbour);
  }

  private sendPending(neighbour: Neighbour): void {
    const frame = neighbour.pending[0];
    if (!this.io.hasTxRoom) return this.pending.drop(frame, DropReason['link.txFull']);
    this.pending.take(frame);
    const { packet } = this;
    packet.handle = frame.handle;
    packet.at = frame.at;
    packet.end = frame.end;
    this.ports.outputFrame(packet, neighbour.macHi, neighbour.macLo, 'ipv4');
  }

  private isAsked(neighbour: Neighbour): boolean {
    return neighbour.requests > 0;
  }

  /** Starts asking a neighbour, if that is not under way. */
  private ask(neighbour: Neighbour): void {
    if (this.isAsked(neighbour)) return;
    const earliest = neighbour.lastRequestUs + REQUEST_INTERVAL_US;
    if (earliest <= this.time.nowUs) return this.sendRequest(neighbour);
    // Given up less than a second ago: the next request waits its turn.
    if (neighbour.reachability === Reachability.UNRESOLVED) this.timers.arm(neighbour.timer, earliest);
  }

  private sendRequest(neighbour: Neighbour): void {
    const isKnown = neighbour.reachability !== Reachability.UNRESOLVED;
    const macHi = isKnown ? neighbour.macHi : macAddress.BROADCAST_HI;
    const macLo = isKnown ? neighbour.macLo : macAddress.BROADCAST_LO;
    const source = this.iface.sourceFor(neighbour.address);
    if (this.send(arp.OPERATION_REQUEST, source, macHi, macLo, neighbour.address)) {
      this.counters[ArpCounter.requestsSent]++;
    }
    neighbour.requests++;
    neighbour.lastRequestUs = this.time.nowUs;
    this.timers.arm(neighbour.timer, this.time.nowUs + REQUEST_INTERVAL_US);
  }

  /** A neighbour's timer is due. */
  private expire(neighbour: Neighbour): void {
    if (this.isAsked(neighbour)) {
      if (neighbour.requests < this.limits.maxRequests) return this.sendRequest(neighbour);
      return this.giveUp(neighbour);
    }
    switch (neighbour.reachability) {
      case Reachability.REACHABLE:
        neighbour.reachability = Reachability.STALE;
        return this.timers.arm(neighbour.timer, this.time.nowUs + this.limits.staleMs * 1000);
      case Reachability.STALE:
        return this.table.remove(neighbour);
      case Reachability.UNRESOLVED:
        if (neighbour.pending.length > 0) return this.sendRequest(neighbour);
        return this.table.remove(neighbour);
    }
  }

  /** Nobody has answered: what waits comes back to its senders, and what was known is forgotten. */
  private giveUp(neighbour: Neighbour): void {
    this.counters[ArpCounter.unresolved]++;
    neighbour.requests = 0;
    neighbour.reachability = Reachability.UNRESOLVED;
    // Remembered for a second, so that the next request keeps its distance.
    this.timers.arm(neighbour.timer, this.time.nowUs + REQUEST_INTERVAL_US);
    // A socket that hears of it may send again at once: what waits now is taken out before anybody hears.
    const frames = [...neighbour.pending];
    for (const frame of frames) this.pending.take(frame);
    for (const frame of frames) {
      this.io.txDrops[DropReason['arp.unresolved']]++;
      this.ports.unresolved(frame.at, frame.end);
      this.io.release(frame.handle);
    }
  }

  private create(address: number): Neighbour | undefined {
    const added = this.table.add(address);
    if (added !== undefined) return this.startForgetting(added);
    const victim = this.table.victim();
    if (victim === undefined) return undefined;
    this.counters[ArpCounter.evicted]++;
    this.timers.cancel(victim.timer);
    this.table.remove(victim);
    return this.startForgetting(this.table.add(address)!);
  }

  /** An entry that nobody ever uses does not stay for ever. */
  private startForgetting(neighbour: Neighbour): Neighbour {
    this.timers.arm(neighbour.timer, this.time.nowUs + this.limits.staleMs * 1000);
    return neighbour;
  }

  private announce(address: number): void {
    const { BROADCAST_HI, BROADCAST_LO } = macAddress;
    if (this.send(arp.OPERATION_REQUEST, address, BROADCAST_HI, BROADCAST_LO, address)) {
      this.counters[ArpCounter.requestsSent]++;
    }
  }

  /** Sends an ARP packet; false if the link has no room. The target hardware address of a request is left zero. */
  private send(operation: number, sender: number, macHi: number, macLo: number, target: number): boolean {
    const { packet } = this;
    if (!this.io.hasRoom) {
      this.counters[ArpCounter.noRoom]++;
      return false;
    }
    packet.begin(arp.PACKET_LENGTH);
    const isReply = operation === arp.OPERATION_REPLY;
    const targetHi = isReply ? macHi : 0;
    const targetLo = isReply ? macLo : 0;
    arp.write(packet.view, packet.at, operation, this.macHi, this.macLo, sender, targetHi, targetLo, target);
    this.ports.outputFrame(packet, macHi, macLo, 'arp');
    return true;
  }
}
