import type { SeededRandom } from '@lunetta/core';
import { checkRates, type CheckedRates, type FaultRates } from './fault-rates.js';

/** A late frame comes behind at most so many later ones. */
const MOST_BEHIND = 3;

/**
 * Draws what goes wrong with one frame after the other; wrappers of ports and the cables of a virtual LAN carry it out.
 * The outcome of a draw lies in fields: a result object is garbage.
 */
export class FaultModel {
  /** The frame is lost; then nothing else is wrong with it. */
  isLost = false;
  /** The link is in a burst of losses. */
  isBad = false;
  /** The bit of the frame that is another, counted from the first byte's lowest; -1 for none. */
  corruptedBit = -1;
  /** So many later frames come before this one; 0: it comes in its turn. */
  behind = 0;
  /** The frame comes twice. */
  isDuplicated = false;
  private rates: CheckedRates;

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is not a probability
   */
  constructor(
    private readonly random: SeededRandom,
    rates: FaultRates,
  ) {
    this.rates = checkRates(rates);
  }

  /**
   * What is to go wrong from the next frame on.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is not a probability
   */
  setRates(rates: FaultRates): void {
    this.rates = checkRates(rates);
  }

  /** Draws for a frame of `length` bytes. */
  draw(length: number): void {
    const { random, rates } = this;
    this.isBad = this.isBad ? !random.chance(rates.badToGood) : random.chance(rates.goodToBad);
    this.isLost = random.chance(this.isBad ? rates.lossInBad : rates.lossInGood);
    const comes = !this.isLost;
    this.corruptedBit = comes && length > 0 && random.chance(rates.corruption) ? random.below(8 * length) : -1;
    this.behind = comes && random.chance(rates.reordering) ? 1 + random.below(MOST_BEHIND) : 0;
    this.isDuplicated = comes && random.chance(rates.duplication);
  }
}
