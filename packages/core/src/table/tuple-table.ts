import { KeyedHash } from './keyed-hash.js';

/** What `get` answers for a key that is not there. */
export const NOT_FOUND = -1;

const INITIAL_BITS = 4;

/**
 * A map from three 32-bit words to a small number of 0 or more, for keys that a peer chooses: open addressing on typed
 * arrays with a keyed hash, linear probing, at most half full, deletion by shifting back. A look-up makes no garbage.
 */
export class TupleTable {
  private readonly hash: KeyedHash;
  private shift = 32 - INITIAL_BITS;
  private keys = new Int32Array(3 << INITIAL_BITS);
  private values = new Int32Array(1 << INITIAL_BITS).fill(NOT_FOUND);
  private count = 0;

  /** @param int32 gives 32 random bits, for the hash's secret */
  constructor(int32: () => number) {
    this.hash = new KeyedHash(int32);
  }

  /** Number of keys. */
  get size(): number {
    return this.count;
  }

  /** The value of a key, or {@link NOT_FOUND}. */
  get(k0: number, k1: number, k2: number): number {
    const { keys, values } = this;
    const last = values.length - 1;
    let slot = this.hash.of(k0, k1, k2) >>> this.shift;
    for (;;) {
      const value = values[slot];
      if (value === NOT_FOUND) return NOT_FOUND;
      const at = slot * 3;
      if (keys[at] === k0 && keys[at + 1] === k1 && keys[at + 2] === k2) return value;
      slot = (slot + 1) & last;
    }
  }

  /** Sets the value (0 or more) of a key. */
  set(k0: number, k1: number, k2: number, value: number): void {
    if ((this.count + 1) * 2 > this.values.length) this.grow();
    if (this.place(k0, k1, k2, value)) this.count++;
  }

  /** Takes a key out; false if it was not there. */
  delete(k0: number, k1: number, k2: number): boolean {
    const { keys, values } = this;
    const last = values.length - 1;
    let hole = this.slotOf(k0, k1, k2);
    if (values[hole] === NOT_FOUND) return false;
    this.count--;
    // Close the gap: move back every later key of the run that may stand in the hole.
    for (let slot = (hole + 1) & last; values[slot] !== NOT_FOUND; slot = (slot + 1) & last) {
      const at = slot * 3;
      const home = this.hash.of(keys[at], keys[at + 1], keys[at + 2]) >>> this.shift;
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        keys.copyWithin(hole * 3, at, at + 3);
        values[hole] = values[slot]!;
        hole = slot;
      }
    }
    values[hole] = NOT_FOUND;
    return true;
  }

  /** The slot of the key, or the empty one where it would stand. */
  private slotOf(k0: number, k1: number, k2: number): number {
    const { keys, values } = this;
    const last = values.length - 1;
    let slot = this.hash.of(k0, k1, k2) >>> this.shift;
    while (values[slot] !== NOT_FOUND) {
      const at = slot * 3;
      if (keys[at] === k0 && keys[at + 1] === k1 && keys[at + 2] === k2) break;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  /** True if the key is new. */
  private place(k0: number, k1: number, k2: number, value: number): boolean {
    const slot = this.slotOf(k0, k1, k2);
    const isNew = this.values[slot] === NOT_FOUND;
    this.keys[slot * 3] = k0;
    this.keys[slot * 3 + 1] = k1;
    this.keys[slot * 3 + 2] = k2;
    this.values[slot] = value;
    return isNew;
  }

  private grow(): void {
    const { keys, values } = this;
    this.shift--;
    this.keys = new Int32Array(keys.length * 2);
    this.values = new Int32Array(values.length * 2).fill(NOT_FOUND);
    for (let slot = 0; slot < values.length; slot++) {
      if (values[slot] !== NOT_FOUND) {
        this.place(keys[slot * 3], keys[slot * 3 + 1], keys[slot * 3 + 2], values[slot]);
      }
    }
  }
}
