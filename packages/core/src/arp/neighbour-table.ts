import { Reachability } from '../network/next-hop.js';
import { NOT_FOUND, TupleTable } from '../table/tuple-table.js';
import { Neighbour } from './neighbour.js';

/** Entries looked at before one is evicted. */
const EVICTION_SCAN = 64;

/** The neighbours of one link, by address: bounded, and safe against addresses chosen by a peer. */
export class NeighbourTable {
  private readonly index: TupleTable;
  private readonly entries: Neighbour[] = [];
  private readonly unused: Neighbour[] = [];
  private hand = 0;

  /**
   * @param int32 gives 32 random bits
   * @param capacity entries at a time
   * @param expire called when a neighbour's timer is due
   */
  constructor(
    int32: () => number,
    private readonly capacity: number,
    private readonly expire: (neighbour: Neighbour) => void,
  ) {
    this.index = new TupleTable(int32);
  }

  /** Number of neighbours. */
  get size(): number {
    return this.index.size;
  }

  find(address: number): Neighbour | undefined {
    const slot = this.index.get(address, 0, 0);
    return slot === NOT_FOUND ? undefined : this.entries[slot];
  }

  /** A new entry for an address that has none; undefined if the table is full: see {@link victim}. */
  add(address: number): Neighbour | undefined {
    const entry = this.unused.pop() ?? this.grow();
    if (entry === undefined) return undefined;
    entry.reset(address);
    this.index.set(address, 0, 0, entry.slot);
    return entry;
  }

  /** Takes an entry out; its object is used again for another address. Nothing waits for it any more. */
  remove(entry: Neighbour): void {
    this.index.delete(entry.address, 0, 0);
    entry.reset(0);
    this.unused.push(entry);
  }

  /** The entry to take out when the table is full: learnt, nobody waits for it, and an unconfirmed one before a confirmed. */
  victim(): Neighbour | undefined {
    let found: Neighbour | undefined;
    for (let i = 0; i < EVICTION_SCAN; i++) {
      this.hand = (this.hand + 1) % this.entries.length;
      const entry = this.entries[this.hand];
      if (entry.address === 0 || entry.isStatic || entry.pending.length > 0) continue;
      if (entry.reachability !== Reachability.REACHABLE) return entry;
      found ??= entry;
    }
    return found;
  }

  /** All entries. */
  *[Symbol.iterator](): IterableIterator<Neighbour> {
    for (const entry of this.entries) if (entry.address !== 0) yield entry;
  }

  private grow(): Neighbour | undefined {
    if (this.entries.length === this.capacity) return undefined;
    const entry = new Neighbour(this.entries.length, this.expire);
    this.entries.push(entry);
    return entry;
  }
}
