import { NOT_FOUND, TupleTable } from './tuple-table.js';

/** No slot. */
const NONE = -1;

/**
 * What was heard of addresses and holds for a while: a bounded map from one 32-bit key to one 32-bit value, whose
 * entries all live equally long from the moment they were set. When it is full, the oldest goes.
 */
export class AgedTable {
  private readonly slots: TupleTable;
  private readonly keys: number[] = [];
  private readonly values: number[] = [];
  private readonly deadlines: number[] = [];
  private readonly older: number[] = [];
  private readonly younger: number[] = [];
  private readonly unused: number[] = [];
  private oldest = NONE;
  private youngest = NONE;

  /**
   * @param int32 gives 32 random bits
   * @param capacity entries at a time
   * @param lifetimeUs how long an entry holds
   */
  constructor(
    int32: () => number,
    private readonly capacity: number,
    private readonly lifetimeUs: number,
  ) {
    this.slots = new TupleTable(int32);
  }

  /** Number of entries. */
  get size(): number {
    return this.slots.size;
  }

  /** When the oldest entry's time is over; Infinity if there is none. */
  get nextUs(): number {
    return this.oldest === NONE ? Infinity : this.deadlines[this.oldest];
  }

  /** The value of a key; undefined if there is none. */
  get(key: number): number | undefined {
    const slot = this.slots.get(key, 0, 0);
    return slot === NOT_FOUND ? undefined : this.values[slot];
  }

  /** Sets the value of a key, from now on; true if another entry had to go for it. */
  set(key: number, value: number, nowUs: number): boolean {
    const isEvicting = this.slots.get(key, 0, 0) === NOT_FOUND && this.size >= this.capacity;
    if (isEvicting) this.removeSlot(this.oldest);
    else this.delete(key);
    const slot = this.unused.pop() ?? this.keys.length;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.deadlines[slot] = nowUs + this.lifetimeUs;
    this.older[slot] = this.youngest;
    this.younger[slot] = NONE;
    if (this.youngest === NONE) this.oldest = slot;
    else this.younger[this.youngest] = slot;
    this.youngest = slot;
    this.slots.set(key, 0, 0, slot);
    return isEvicting;
  }

  /** Takes a key out. */
  delete(key: number): void {
    const slot = this.slots.get(key, 0, 0);
    if (slot !== NOT_FOUND) this.removeSlot(slot);
  }

  /** Takes out the entries whose time is over; how many there were. */
  expire(nowUs: number): number {
    let expired = 0;
    for (; this.nextUs <= nowUs; expired++) this.removeSlot(this.oldest);
    return expired;
  }

  private removeSlot(slot: number): void {
    const older = this.older[slot];
    const younger = this.younger[slot];
    if (older === NONE) this.oldest = younger;
    else this.younger[older] = younger;
    if (younger === NONE) this.youngest = older;
    else this.older[younger] = older;
    this.slots.delete(this.keys[slot], 0, 0);
    this.unused.push(slot);
  }
}
