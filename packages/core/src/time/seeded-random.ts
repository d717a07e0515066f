import type { Random } from './host.js';

/**
 * Random numbers that are the same for the same seed: sfc32 of Chris Doty-Humphrey's PractRand (a chaotic generator
 * with a 32-bit counter, so a period of at least 2^32). Not for production: it can be guessed.
 */
export class SeededRandom implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param seed any 32 bits */
  constructor(readonly seed: number = 1) {
    // Seeding as in PractRand's sfc32::seed: two words of seed, then rounds until every bit has had its say.
    this.a = 0;
    this.b = seed | 0;
    this.c = Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < 12; i++) this.int32();
  }

  int32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A whole number from 0 to `limit` - 1; `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor(((this.int32() >>> 0) / 2 ** 32) * limit);
  }

  /** True with the given probability, 0 to 1. Draws a number only where there is something to decide. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.below(2 ** 32) < probability * 2 ** 32);
  }
}
