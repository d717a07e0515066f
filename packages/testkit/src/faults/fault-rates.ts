import { LunettaError } from '@lunetta/core';

/**
 * Loss in bursts (Gilbert 1960, Elliott 1963): a link is good or bad, and may change with every frame. Frames are lost
 * in the bad state. A burst is `1 / badToGood` frames long on average, and of all frames `goodToBad / (goodToBad +
 * badToGood)` meet one.
 */
export interface BurstLoss {
  /** How likely a good link is bad with the next frame. */
  readonly goodToBad: number;
  /** How likely a bad link is good again with the next frame. */
  readonly badToGood: number;
  /** How likely a frame is lost while the link is bad; 1 if not given. */
  readonly lossInBad?: number | undefined;
  /** How likely a frame is lost while the link is good; 0 if not given. */
  readonly lossInGood?: number | undefined;
}

/** What is to go wrong with frames: probabilities from 0 to 1, each 0 if not given, drawn frame by frame. */
export interface FaultRates {
  /** The frame never comes: a probability for each frame by itself, or bursts. */
  readonly loss?: number | BurstLoss | undefined;
  /** The frame comes twice. */
  readonly duplication?: number | undefined;
  /** The frame comes after 1 to 3 later ones, as long as later ones come. */
  readonly reordering?: number | undefined;
  /** One bit of the frame is another. */
  readonly corruption?: number | undefined;
}

/** {@link FaultRates} with nothing left out: loss by itself is loss in a link that is never bad. */
export interface CheckedRates {
  readonly goodToBad: number;
  readonly badToGood: number;
  readonly lossInBad: number;
  readonly lossInGood: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly corruption: number;
}

/**
 * Fills in what was not given.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is not a probability
 */
export function checkRates(rates: FaultRates): CheckedRates {
  const { loss = 0, duplication = 0, reordering = 0, corruption = 0 } = rates;
  if (typeof loss === 'number') checkProbability('loss', loss);
  const bursts = typeof loss === 'number' ? { goodToBad: 0, badToGood: 1, lossInGood: loss } : loss;
  const { goodToBad, badToGood, lossInBad = 1, lossInGood = 0 } = bursts;
  const checked = { goodToBad, badToGood, lossInBad, lossInGood, duplication, reordering, corruption };
  for (const [name, probability] of Object.entries(checked)) checkProbability(name, probability);
  return checked;
}

function checkProbability(name: string, probability: number): void {
  if (probability >= 0 && probability <= 1) return;
  throw new LunettaError('LUNETTA_ERR_CONFIG', `fault injection: ${name} is ${probability}; give 0 to 1`);
}
