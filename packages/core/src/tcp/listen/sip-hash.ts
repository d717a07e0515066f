import type { Random } from '../../time/host.js';

/** Words of state: v0 to v3 of SipHash, low half and high half of each. */
const [LOW0, HIGH0, LOW1, HIGH1, LOW2, HIGH2, LOW3, HIGH3] = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of a few 32-bit words with a secret key: what a peer cannot predict even if
 * it sees many results. For initial sequence numbers (RFC 6528), cookies (RFC 4987) and timestamp offsets, not for
 * every segment.
 */
export class SipHash {
  private readonly key = new Int32Array(4);
  private readonly v = new Int32Array(8);

  constructor(random: Random) {
    for (let i = 0; i < 4; i++) this.key[i] = random.int32();
  }

  /** 32 bits, signed. */
  of(a: number, b: number, c: number, d: number, e: number): number {
    this.begin();
    this.word(b, a);
    this.word(d, c);
    this.word((24 << 24) | 5, e); // the length of what is hashed closes the last word
    const { v } = this;
    v[LOW2] ^= 0xff;
    for (let i = 0; i < 4; i++) this.round();
    return v[LOW0] ^ v[LOW1] ^ v[LOW2] ^ v[LOW3];
  }

  private begin(): void {
    const { v, key } = this;
    v[LOW0] = key[0] ^ 0x70736575;
    v[HIGH0] = key[1] ^ 0x736f6d65;
    v[LOW1] = key[2] ^ 0x6e646f6d;
    v[HIGH1] = key[3] ^ 0x646f7261;
    v[LOW2] = key[0] ^ 0x6e657261;
    v[HIGH2] = key[1] ^ 0x6c796765;
    v[LOW3] = key[2] ^ 0x79746573;
    v[HIGH3] = key[3] ^ 0x74656462;
  }

  private word(high: number, low: number): void {
    const { v } = this;
    v[LOW3] ^= low;
    v[HIGH3] ^= high;
    this.round();
    this.round();
    v[LOW0] ^= low;
    v[HIGH0] ^= high;
  }

  private round(): void {
    this.add(LOW0, LOW1);
    this.rotate(LOW1, 13);
    this.xor(LOW1, LOW0);
    this.swap(LOW0);
    this.add(LOW2, LOW3);
    this.rotate(LOW3, 16);
    this.xor(LOW3, LOW2);
    this.add(LOW0, LOW3);
    this.rotate(LOW3, 21);
    this.xor(LOW3, LOW0);
    this.add(LOW2, LOW1);
    this.rotate(LOW1, 17);
    this.xor(LOW1, LOW2);
    this.swap(LOW2);
  }

  private add(to: number, from: number): void {
    const { v } = this;
    const low = (v[to] >>> 0) + (v[from] >>> 0);
    v[to] = low | 0;
    v[to + 1] = (v[to + 1] + v[from + 1] + (low > 0xffffffff ? 1 : 0)) | 0;
  }

  private xor(to: number, from: number): void {
    const { v } = this;
    v[to] ^= v[from];
    v[to + 1] ^= v[from + 1];
  }

  /** Rotates 64 bits to the left by 1 to 31. */
  private rotate(at: number, bits: number): void {
    const { v } = this;
    const low = v[at];
    const high = v[at + 1];
    v[at] = (low << bits) | (high >>> (32 - bits));
    v[at + 1] = (high << bits) | (low >>> (32 - bits));
  }

  /** Rotates 64 bits by 32. */
  private swap(at: number): void {
    const { v } = this;
    const low = v[at];
    v[at] = v[at + 1];
    v[at + 1] = low;
  }
}
