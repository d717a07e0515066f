import { NOT_FOUND, TupleTable } from '../../table/tuple-table.js';
import type { Random } from '../../time/host.js';

/** Things found by the addresses and ports that a peer chooses. */
export class Slots<T> {
  private readonly table: TupleTable;
  private readonly entries: (T | undefined)[] = [];
  private readonly unused: number[] = [];

  constructor(random: Random) {
    this.table = new TupleTable(() => random.int32());
  }

  get size(): number {
    return this.table.size;
  }

  /** @param ports the remote one in the high half */
  get(remote: number, ports: number, local: number): T | undefined {
    const slot = this.table.get(remote, ports, local);
    return slot === NOT_FOUND ? undefined : this.entries[slot];
  }

  /** Puts `entry` there; nothing else is. */
  add(remote: number, ports: number, local: number, entry: T): void {
    const slot = this.unused.pop() ?? this.entries.length;
    this.entries[slot] = entry;
    this.table.set(remote, ports, local, slot);
  }

  delete(remote: number, ports: number, local: number): void {
    const slot = this.table.get(remote, ports, local);
    if (slot === NOT_FOUND) return;
    this.table.delete(remote, ports, local);
    this.entries[slot] = undefined;
    this.unused.push(slot);
  }

  /** All of them, in no order. */
  list(): T[] {
    return this.entries.filter((entry) => entry !== undefined);
  }
}
