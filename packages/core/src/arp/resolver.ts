import { DropReason } from '../link/drop-reason.js';
import type { LinkIo } from '../link/link-io.js';
import type { Packet } from '../link/packet.js';
import { Reachability, type NextHop } from '../network/next-hop.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import { ArpCounter } from './arp-counters.js';
import { REQUEST_INTERVAL_US, type ArpLimits } from './arp-limits.js';
import type { ArpOutput } from './arp-output.js';
import type { Neighbour } from './neighbour.js';
import { NeighbourTable } from './neighbour-table.js';
import { PendingFrames } from './pending-frames.js';

/** What the resolver is made of. */
export interface ResolverParts {
  readonly io: LinkIo;
  readonly limits: ArpLimits;
  readonly time: StackTime;
  readonly timers: TimerWheel;
  readonly random: Random;
}

/** What the resolver needs of its surroundings. */
export interface ResolverPorts {
  /** Our address to ask for `address` from. */
  sourceFor(address: number): number;
  /** The datagram `[networkAt, end)` of the link's memory cannot be delivered: its next hop does not answer. */
  unresolved(networkAt: number, end: number): void;
}

/**
 * The neighbours of one link (RFC 826, RFC 1122 section 2.3.2): resolves and confirms those that are used, and keeps
 * frames until their neighbour has answered.
 *
 * A neighbour is UNRESOLVED until it answers, REACHABLE for `reachableMs`, then STALE: used as before, but its first use
 * starts unicast requests that confirm it or give it up. It is forgotten after `staleMs` without use. A static one stays
 * as it was entered.
 */
export class Resolver {
  private readonly io: LinkIo;
  private readonly limits: ArpLimits;
  private readonly time: StackTime;
  private readonly timers: TimerWheel;
  private readonly table: NeighbourTable;
  private readonly pending: PendingFrames;

  /** @param counters those of {@link Arp} */
  constructor(
    { io, limits, time, timers, random }: ResolverParts,
    private readonly output: ArpOutput,
    private readonly ports: ResolverPorts,
    private readonly counters: Float64Array,
  ) {
    this.io = io;
    this.limits = limits;
    this.time = time;
    this.timers = timers;
    this.table = new NeighbourTable(
      () => random.int32(),
      limits.maxNeighbours,
      (neighbour) => this.expire(neighbour),
    );
    this.pending = new PendingFrames(io, limits);
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

  /** Drops what waits and stops every timer: the interface closes. */
  close(): void {
    for (const neighbour of this.table) this.end(neighbour, DropReason['link.closed']);
  }

  /** The entry of an address, if there is one. */
  find(address: number): Neighbour | undefined {
    return this.table.find(address);
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

  /** What is sent to a neighbour gets no answer: its next use asks whether it is still there. */
  doubt(nextHop: NextHop): void {
    const neighbour = nextHop as Neighbour;
    if (!neighbour.isStatic && neighbour.reachability === Reachability.REACHABLE) this.growStale(neighbour);
  }

  /** A neighbour has spoken without being asked: its address is usable, but not confirmed. */
  learn(neighbour: Neighbour, macHi: number, macLo: number): void {
    const isKnown = neighbour.reachability !== Reachability.UNRESOLVED;
    if (neighbour.isStatic || (isKnown && neighbour.macHi === macHi && neighbour.macLo === macLo)) return;
    neighbour.reachability = Reachability.STALE;
    this.setAddress(neighbour, macHi, macLo);
    this.timers.arm(neighbour.timer, this.time.nowUs + this.limits.staleMs * 1000);
  }

  /** A neighbour has answered our request. */
  confirm(neighbour: Neighbour, macHi: number, macLo: number): void {
    neighbour.reachability = Reachability.REACHABLE;
    this.setAddress(neighbour, macHi, macLo);
    this.timers.arm(neighbour.timer, this.time.nowUs + this.limits.reachableMs * 1000);
  }

  /** Enters a neighbour for good; false if the table is full of others that may not go. */
  enter(address: number, macHi: number, macLo: number): boolean {
    const neighbour = this.neighbour(address);
    if (neighbour === undefined) return false;
    neighbour.isStatic = true;
    neighbour.reachability = Reachability.REACHABLE;
    this.timers.cancel(neighbour.timer);
    this.setAddress(neighbour, macHi, macLo);
    return true;
  }

  /** Forgets a neighbour, static or not; false if there is none. What waits for it is dropped. */
  forget(address: number): boolean {
    const neighbour = this.table.find(address);
    if (neighbour === undefined) return false;
    this.end(neighbour, DropReason['arp.unresolved']);
    this.table.remove(neighbour);
    return true;
  }

  private setAddress(neighbour: Neighbour, macHi: number, macLo: number): void {
    neighbour.macHi = macHi;
    neighbour.macLo = macLo;
    neighbour.requests = 0;
    while (neighbour.pending.length > 0) this.sendPending(neighbour);
  }

  private sendPending(neighbour: Neighbour): void {
    const frame = neighbour.pending[0];
    if (!this.io.hasTxRoom) return this.pending.drop(frame, DropReason['link.txFull']);
    this.pending.take(frame);
    this.output.datagram(frame, neighbour.macHi, neighbour.macLo);
  }

  /** Starts asking a neighbour, if that is not under way. */
  private ask(neighbour: Neighbour): void {
    if (neighbour.isAsked) return;
    const earliest = neighbour.lastRequestUs + REQUEST_INTERVAL_US;
    if (earliest <= this.time.nowUs) return this.sendRequest(neighbour);
    // Given up less than a second ago: the next request waits its turn.
    if (neighbour.reachability === Reachability.UNRESOLVED) this.timers.arm(neighbour.timer, earliest);
  }

  /** Asks by broadcast for who is not known, by unicast for who is (RFC 1122 section 2.3.2.1). */
  private sendRequest(neighbour: Neighbour): void {
    const { address, reachability, macHi, macLo } = neighbour;
    const source = this.ports.sourceFor(address);
    if (reachability === Reachability.UNRESOLVED) this.output.request(source, address);
    else this.output.request(source, address, macHi, macLo);
    neighbour.requests++;
    neighbour.lastRequestUs = this.time.nowUs;
    this.timers.arm(neighbour.timer, this.time.nowUs + REQUEST_INTERVAL_US);
  }

  /** A neighbour's timer is due. */
  private expire(neighbour: Neighbour): void {
    if (neighbour.isAsked) {
      if (neighbour.requests < this.limits.maxRequests) return this.sendRequest(neighbour);
      return this.giveUp(neighbour);
    }
    switch (neighbour.reachability) {
      case Reachability.REACHABLE:
        return this.growStale(neighbour);
      case Reachability.STALE:
        return this.table.remove(neighbour);
      case Reachability.UNRESOLVED:
        if (neighbour.pending.length > 0) return this.sendRequest(neighbour);
        return this.table.remove(neighbour);
    }
  }

  /** A neighbour was not heard of for a while: its next use asks. */
  private growStale(neighbour: Neighbour): void {
    neighbour.reachability = Reachability.STALE;
    this.timers.arm(neighbour.timer, this.time.nowUs + this.limits.staleMs * 1000);
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

  private end(neighbour: Neighbour, reason: DropReason): void {
    while (neighbour.pending.length > 0) this.pending.drop(neighbour.pending[0], reason);
    this.timers.cancel(neighbour.timer);
  }
}
