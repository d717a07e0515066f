import { randomFillSync } from 'node:crypto';
import type { Random } from '@lunetta/core';

/** Numbers drawn at a time: one call of the generator costs as much as some hundred of them. */
const POOL_SIZE = 1024;

/** Unguessable random numbers from the system's generator. */
export class NodeRandom implements Random {
  private readonly pool = new Int32Array(POOL_SIZE);
  private next = POOL_SIZE;

  int32(): number {
    if (this.next === POOL_SIZE) {
      randomFillSync(this.pool);
      this.next = 0;
    }
    const value = this.pool[this.next];
    this.pool[this.next++] = 0; // what was given out is not kept
    return value;
  }
}
