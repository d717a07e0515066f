import { LunettaError } from '@lunetta/core';
import type { SeededRandom } from '@lunetta/core';

/** What is to go wrong with received frames: probabilities from 0 to 1, each 0 if not given, drawn frame by frame. */
export interface FaultOptions {
  readonly random: SeededRandom;
  /** The frame never comes. */
  readonly loss?: number;
  /** The frame comes twice. */
  readonly duplication?: number;
  /** The frame comes after 1 to 3 later ones, as long as later ones come. */
  readonly reordering?: number;
  /** One bit of the frame is another. */
  readonly corruption?: number;
}

/** {@link FaultOptions} with nothing left out. */
export type Faults = Required<FaultOptions>;

/**
 * Fills in what was not given.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is not a probability
 */
export function resolveFaults(options: FaultOptions): Faults {
  const faults = { loss: 0, duplication: 0, reordering: 0, corruption: 0, ...options };
  for (const name of ['loss', 'duplication', 'reordering', 'corruption'] as const) {
    if (!(faults[name] >= 0 && faults[name] <= 1)) {
      throw new LunettaError('LUNETTA_ERR_CONFIG', `fault injection: ${name} is ${faults[name]}; give 0 to 1`);
    }
  }
  return faults;
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
