import type { SeededRandom } from '@lunetta/core';
import type { FaultRates } from '../faults/fault-rates.js';

/** What is to go wrong with received frames, and the numbers that it is drawn from. */
export interface FaultOptions extends FaultRates {
  readonly random: SeededRandom;
}

/** What went wrong so far, in frames. */
export class FaultCounts {
  lost = 0;
  lostBytes = 0;
  duplicated = 0;
  duplicatedBytes = 0;
  reordered = 0;
  corrupted = 0;
}
