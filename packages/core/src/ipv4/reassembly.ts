import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import { Packet } from '../link/packet.js';
import { NOT_FOUND, TupleTable } from '../table/tuple-table.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as ipv4 from '../wire/ipv4.js';
import { RangeOutcome } from './fragment-ranges.js';
import { PartialDatagram } from './partial-datagram.js';
import { REASSEMBLY_COUNTERS, ReassemblyCounter } from './reassembly-counters.js';
import type { ReassemblyLimits } from './reassembly-limits.js';
import { ReassemblyMemory, type ReassemblySlot } from './reassembly-memory.js';

/** Payload bytes are counted in these units in the header, so all fragments but the last are multiples of it. */
const UNIT = 8;

/** What reassembly needs of ICMP. */
export interface ReassemblyErrors {
  /** The first fragment of a datagram whose rest did not come; `packet.networkAt` is its header. */
  reassemblyTimeExceeded(packet: Packet): void;
}

/**
 * Puts fragments together (RFC 791 section 3.2, RFC 815, RFC 1122 section 3.3.2): in any order, each copied once on its
 * arrival, so that no buffer of the link waits. A datagram that outgrows its slot is moved (4, 16, 64 KiB).
 *
 * A repeated fragment is ignored; any other overlap refuses the whole datagram, and what comes of it later (RFC 8200
 * section 4.5, RFC 5722). Whatever limit is reached, the oldest datagram goes: those whose fragments come close
 * together get through a flood of others.
 */
export class Reassembly {
  /** See {@link ReassemblyCounter}. */
  readonly counters = new Float64Array(REASSEMBLY_COUNTERS);
  private readonly byName: TupleTable;
  private readonly memory: ReassemblyMemory;
  /** All partial datagrams ever needed at a time; those in `unused` wait for work. */
  private readonly all: PartialDatagram[] = [];
  private readonly unused: PartialDatagram[] = [];
  private oldest: PartialDatagram | null = null;
  private youngest: PartialDatagram | null = null;
  private readonly timer = new Timer(() => this.expire());
  /** The cursor of what is put together; made with the first fragment. */
  private packet: Packet | undefined = undefined;
  /** The slot of the datagram that was handed up last. */
  private shown: ReassemblySlot | undefined = undefined;

  constructor(
    private readonly errors: ReassemblyErrors,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    random: Random,
    private readonly limits: ReassemblyLimits,
  ) {
    this.byName = new TupleTable(() => random.int32());
    this.memory = new ReassemblyMemory(limits.maxBytes);
  }

  /** Datagrams that wait for fragments. */
  get size(): number {
    return this.byName.size;
  }

  /**
   * Takes a fragment: the datagram at `packet.at`, whose header and total length are checked.
   *
   * @returns the whole datagram, valid until the next call: `at` is at its payload, `networkAt` at its header; undefined
   *   if it is not complete. The fragment's frame is accounted for, except that of the one which completes the datagram.
   */
  add(packet: Packet, headerLength: number, totalLength: number): Packet | undefined {
    if (this.shown !== undefined) this.memory.give(this.shown);
    this.shown = undefined;
    const { view, at } = packet;
    const offset = ipv4.fragmentOffset(view, at);
    const length = totalLength - headerLength;
    const isLast = (ipv4.fragmentWord(view, at) & ipv4.MORE_FRAGMENTS) === 0;
    const isWellFormed = length > 0 && (isLast || length % UNIT === 0);
    if (!isWellFormed || headerLength + offset + length > ipv4.MAX_TOTAL_LENGTH) {
      return this.drop(packet, DropReason['ipv4.badFragment']);
    }
    const end = offset + length;
    const partial = this.find(packet) ?? this.begin(packet, end);
    if (partial === undefined) return this.drop(packet, DropReason['ipv4.reassemblyFull']);
    if (partial.slot === null) return this.drop(packet, DropReason['ipv4.refusedFragment']);
    const outcome = partial.ranges.add(offset, end, isLast, this.limits.maxFragments);
    if (outcome === RangeOutcome.DUPLICATE && partial.holds(packet, headerLength, offset, length)) {
      return this.drop(packet, DropReason['ipv4.duplicateFragment']);
    }
    if (outcome !== RangeOutcome.ADDED) return this.refuse(partial, packet);
    if (!this.grow(partial, end)) return this.drop(packet, DropReason['ipv4.reassemblyFull']);
    partial.store(packet, headerLength, offset, length);
    if (partial.ranges.isComplete) return this.finish(partial, packet);
    packet.link.counters[LinkCounter.consumed]++;
    return undefined;
  }

  /** Forgets all: the stack closes. */
  close(): void {
    this.timers.cancel(this.timer);
    while (this.oldest !== null) this.remove(this.oldest);
  }

  private find({ view, at, interfaceIndex }: Packet): PartialDatagram | undefined {
    const index = this.byName.get(ipv4.source(view, at), ipv4.destination(view, at), nameOf(view, at, interfaceIndex));
    return index === NOT_FOUND ? undefined : this.all[index];
  }

  /** Starts a datagram whose first fragment to come ends at `end`; undefined if the limits leave no room even for one. */
  private begin({ view, at, interfaceIndex }: Packet, end: number): PartialDatagram | undefined {
    if (this.size >= this.limits.maxDatagrams && this.oldest !== null) this.evict(this.oldest);
    const slot = this.takeSlot(end, null);
    if (slot === undefined) return undefined;
    const partial = this.unused.pop() ?? this.newPartial();
    const deadlineUs = this.time.nowUs + this.limits.timeoutMs * 1000;
    const name = nameOf(view, at, interfaceIndex);
    partial.begin(ipv4.source(view, at), ipv4.destination(view, at), name, deadlineUs);
    partial.slot = slot;
    this.byName.set(partial.source, partial.destination, partial.name, partial.index);
    partial.older = this.youngest;
    if (this.youngest !== null) this.youngest.younger = partial;
    else this.oldest = partial;
    this.youngest = partial;
    if (!this.timer.isArmed) this.timers.arm(this.timer, deadlineUs);
    return partial;
  }

  private newPartial(): PartialDatagram {
    const partial = new PartialDatagram(this.all.length);
    this.all.push(partial);
    return partial;
  }

  /** Makes room for payload up to `end`; false if the limit leaves none: then the datagram is given up. */
  private grow(partial: PartialDatagram, end: number): boolean {
    const { slot } = partial;
    if (slot === null || end <= slot.capacity) return true;
    const larger = this.takeSlot(end, partial);
    if (larger === undefined) {
      this.evict(partial);
      return false;
    }
    larger.memory.bytes.set(slot.memory.bytes);
    this.memory.give(slot);
    partial.slot = larger;
    return true;
  }

  /** A slot, for which the oldest datagrams but `spared` make room; undefined if even that is not enough. */
  private takeSlot(length: number, spared: PartialDatagram | null): ReassemblySlot | undefined {
    for (;;) {
      const slot = this.memory.take(length);
      if (slot !== undefined) return slot;
      const victim = this.oldest === spared && spared !== null ? spared.younger : this.oldest;
      if (victim === null) return undefined;
      this.evict(victim);
    }
  }

  /** The datagram is complete: `packet`, which completed it, is the last of its frames. */
  private finish(partial: PartialDatagram, packet: Packet): Packet | undefined {
    if (!partial.hasSoundEcn) return this.refuse(partial, packet);
    const whole = (this.packet ??= new Packet(packet.link));
    partial.showWhole(whole);
    this.shown = partial.slot!;
    partial.slot = null;
    this.remove(partial);
    this.counters[ReassemblyCounter.reassembled]++;
    return whole;
  }

  /** Keeps nothing of a datagram but its name, until its time is over. */
  private refuse(partial: PartialDatagram, packet: Packet): undefined {
    this.memory.give(partial.slot!);
    partial.slot = null;
    this.counters[ReassemblyCounter.refused]++;
    return this.drop(packet, DropReason['ipv4.refusedFragment']);
  }

  private evict(partial: PartialDatagram): void {
    if (partial.slot !== null) this.counters[ReassemblyCounter.evicted]++; // else it counts as refused
    this.remove(partial);
  }

  private remove(partial: PartialDatagram): void {
    const { older, younger } = partial;
    if (older !== null) older.younger = younger;
    else this.oldest = younger;
    if (younger !== null) younger.older = older;
    else this.youngest = older;
    partial.older = null;
    partial.younger = null;
    if (partial.slot !== null) this.memory.give(partial.slot);
    partial.slot = null;
    this.byName.delete(partial.source, partial.destination, partial.name);
    this.unused.push(partial);
  }

  /** Gives up the datagrams whose time is over. */
  private expire(): void {
    while (this.oldest !== null && this.oldest.deadlineUs <= this.time.nowUs) this.giveUp(this.oldest);
    if (this.oldest !== null) this.timers.arm(this.timer, this.oldest.deadlineUs);
  }

  private giveUp(partial: PartialDatagram): void {
    if (partial.slot !== null) {
      this.counters[ReassemblyCounter.timedOut]++;
      if (partial.firstLink !== null) {
        const first = (this.packet ??= new Packet(partial.firstLink));
        partial.showFirst(first);
        this.errors.reassemblyTimeExceeded(first);
      }
    }
    this.remove(partial);
  }

  private drop(packet: Packet, reason: DropReason): undefined {
    packet.drop(reason);
    return undefined;
  }
}

/** Identification, protocol and the number of the interface: what names a datagram beside its addresses (RFC 791 section 3.2). */
function nameOf(view: DataView, at: number, interfaceIndex: number): number {
  return (ipv4.identification(view, at) << 16) | (ipv4.protocol(view, at) << 8) | (interfaceIndex & 0xff);
}
