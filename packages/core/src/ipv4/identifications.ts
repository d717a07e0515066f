import type { Random } from '../time/host.js';

const IDENTIFICATION_BITS = 11;

/**
 * Counters of identifications: each destination starts from a secret offset of its own (RFC 7739 section 5.3), so that
 * nobody can tell from those that it is sent how much others are.
 */
export class Identifications {
  private readonly counts = new Int32Array(1 << IDENTIFICATION_BITS);

  constructor(random: Random) {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] = random.int32() & 0xffff;
  }

  /** The next one on a way, 16 bits. @param offset see `Path.identificationOffset` */
  next(offset: number): number {
    const slot = offset >>> (32 - IDENTIFICATION_BITS);
    const count = this.counts[slot];
    this.counts[slot] = (count + 1) & 0xffff;
    return (count + offset) & 0xffff;
  }
}
