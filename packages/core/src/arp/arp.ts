import type { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import { DropReason } from '../link/drop-reason.js';
import type { Packet } from '../link/packet.js';
import * as arp from '../wire/arp.js';
import * as macAddress from '../wire/mac-address.js';
import { AddressClaims, type ClaimPorts } from './address-claims.js';
import { ARP_COUNTERS, ArpCounter } from './arp-counters.js';
import { ArpOutput, type OutputFrame } from './arp-output.js';
import { ProxyEntries } from './proxy-entries.js';
import { Resolver, type ResolverParts, type ResolverPorts } from './resolver.js';

/** What ARP needs of its surroundings. */
export interface ArpPorts extends ClaimPorts, Pick<ResolverPorts, 'unresolved'> {
  readonly outputFrame: OutputFrame;
}

/** What ARP is made of. */
export interface ArpSettings extends ResolverParts {
  readonly iface: Ipv4Interface;
  readonly macHi: number;
  readonly macLo: number;
}

/**
 * ARP on one link (RFC 826, RFC 1122 section 2.3.2): answers for our addresses, and learns from what is addressed to us.
 * {@link Resolver} asks for others, {@link AddressClaims} sees that nobody else has our addresses.
 */
export class Arp {
  /** See {@link ArpCounter}. */
  readonly counters = new Float64Array(ARP_COUNTERS);
  readonly resolver: Resolver;
  /** Addresses of others that we answer for. */
  readonly proxies = new ProxyEntries();
  private readonly iface: Ipv4Interface;
  private readonly macHi: number;
  private readonly macLo: number;
  private readonly output: ArpOutput;
  private readonly claims: AddressClaims;

  constructor(settings: ArpSettings, ports: ArpPorts) {
    const { io, iface, macHi, macLo, time, timers, random } = settings;
    this.iface = iface;
    this.macHi = macHi;
    this.macLo = macLo;
    this.output = new ArpOutput(io, macHi, macLo, ports.outputFrame, this.counters);
    this.claims = new AddressClaims(time, timers, random, this.output, ports);
    const resolverPorts: ResolverPorts = {
      sourceFor: (address) => iface.sourceFor(address),
      unresolved: ports.unresolved,
    };
    this.resolver = new Resolver(settings, this.output, resolverPorts, this.counters);
  }

  /** Tells the link that our addresses are here (RFC 5227 section 2.3), once those are probed that are tentative. */
  start(): void {
    this.claims.start(this.iface.addressList);
  }

  /** Drops what waits and stops every timer: the interface closes. */
  close(): void {
    this.claims.stop();
    this.resolver.close();
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
    // Who probes for what we probe for is in conflict with us, too (RFC 5227 section 2.1.1).
    const contested = isProbe ? arp.targetAddress(view, at) : sender;
    if (this.claims.isProbing(contested) || this.iface.owns(sender)) {
      this.counters[ArpCounter.conflicts]++;
      packet.drop(DropReason['arp.conflict']);
      return this.claims.conflict(contested, senderHi, senderLo);
    }
    if (operation === arp.OPERATION_REPLY) return this.reply(packet, sender, senderHi, senderLo);
    this.request(packet, sender, senderHi, senderLo);
  }

  private request(packet: Packet, sender: number, senderHi: number, senderLo: number): void {
    this.counters[ArpCounter.requestsReceived]++;
    const target = arp.targetAddress(packet.view, packet.at);
    const isAnswered = this.iface.owns(target) || this.isProxied(sender, target);
    const { resolver } = this;
    // Who asks for us will be sent to; of others only what is known already is brought up to date (RFC 826).
    const neighbour = sender === 0 ? undefined : isAnswered ? resolver.neighbour(sender) : resolver.find(sender);
    if (neighbour !== undefined) resolver.learn(neighbour, senderHi, senderLo);
    if (!isAnswered && neighbour === undefined) return packet.drop(DropReason['arp.notForUs']);
    packet.consumed();
    if (isAnswered) this.output.reply(target, senderHi, senderLo, sender);
  }

  /** True if we answer `sender` for the address of another: not if it probes, or asks for its own. */
  private isProxied(sender: number, target: number): boolean {
    return this.proxies.size > 0 && sender !== 0 && sender !== target && this.proxies.has(target);
  }

  private reply(packet: Packet, sender: number, senderHi: number, senderLo: number): void {
    const { view, at } = packet;
    const target = arp.targetAddress(view, at);
    const neighbour = this.resolver.find(sender);
    this.counters[ArpCounter.repliesReceived]++;
    if (target === sender && neighbour !== undefined && !neighbour.isAsked) {
      // A gratuitous reply: the address has moved to another station (RFC 5227 section 3).
      this.resolver.learn(neighbour, senderHi, senderLo);
      return packet.consumed();
    }
    if (!this.iface.owns(target)) return packet.drop(DropReason['arp.notForUs']);
    if (neighbour === undefined || !neighbour.isAsked) return packet.drop(DropReason['arp.unsolicited']);
    this.resolver.confirm(neighbour, senderHi, senderLo);
    packet.consumed();
  }
}
