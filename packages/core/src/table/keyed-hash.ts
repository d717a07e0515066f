/**
 * A hash of three 32-bit words that a peer cannot predict: multiply-add with secret odd multipliers, which is
 * 2-universal in its high bits (Dietzfelbinger et al., 1997). Keys that collide under one secret do not under another,
 * so nobody outside can choose keys that all fall into one slot.
 */
export class KeyedHash {
  private readonly a: number;
  private readonly b: number;
  private readonly c: number;
  private readonly d: number;

  /** @param int32 gives 32 random bits; called four times */
  constructor(int32: () => number) {
    this.a = int32() | 1;
    this.b = int32() | 1;
    this.c = int32() | 1;
    this.d = int32() | 0;
  }

  /** 32 bits, signed; the high ones are the good ones (take them with `>>>`). */
  of(k0: number, k1: number, k2: number): number {
    let h = (Math.imul(k0, this.a) + this.d) | 0;
    h = Math.imul((h ^ (h >>> 15)) + k1, this.b) | 0;
    return Math.imul((h ^ (h >>> 15)) + k2, this.c) | 0;
  }
}
