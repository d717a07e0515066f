/** Longest input that is hashed: two IPv6 addresses and two ports. */
const LONGEST_INPUT = 36;
/** The hash is made of so many bits of the key at each bit of the input. */
const HASH_BYTES = 4;
/** Bytes that a key has, at least: those that the last bit of the longest input meets. */
export const KEY_LENGTH = LONGEST_INPUT + HASH_BYTES;

/**
 * The Toeplitz hash, by which a network card spreads what it receives over its queues (receive-side scaling): the same
 * number as in {@link RSS_HASH} of the descriptor. Microsoft, "RSS hashing functions"; the key is the card's.
 *
 * Hashes are signed 32-bit integers.
 */
export class Toeplitz {
  /** For each place and value of a byte of the input, what it adds to the hash. */
  private readonly parts = new Int32Array(LONGEST_INPUT << 8);

  /**
   * @param key at least {@link KEY_LENGTH} bytes; those behind them have no part in it
   * @throws RangeError for a shorter one
   */
  constructor(key: Uint8Array) {
    if (key.length < KEY_LENGTH) throw new RangeError(`an RSS key has ${KEY_LENGTH} bytes or more, not ${key.length}`);
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    for (let at = 0; at < LONGEST_INPUT; at++) {
      const window = view.getInt32(at);
      const next = key[at + HASH_BYTES];
      for (let byte = 0; byte < 256; byte++) this.parts[(at << 8) | byte] = partOf(byte, window, next);
    }
  }

  /** The hash of an input of up to 36 bytes. */
  hash(input: Uint8Array): number {
    let hash = 0;
    for (let at = 0; at < input.length; at++) hash ^= this.parts[(at << 8) | input[at]];
    return hash;
  }

  /** The hash of an IPv4 flow by its addresses alone, as signed 32-bit integers. */
  ipv4(src: number, dst: number): number {
    return this.word(0, src) ^ this.word(4, dst);
  }

  /** The hash of a TCP or UDP flow over IPv4. */
  ipv4Ports(src: number, dst: number, srcPort: number, dstPort: number): number {
    return this.ipv4(src, dst) ^ this.word(8, (srcPort << 16) | dstPort);
  }

  /** What four bytes of the input, from `at` on, add. */
  private word(at: number, value: number): number {
    const { parts } = this;
    return (
      parts[(at << 8) | (value >>> 24)] ^
      parts[((at + 1) << 8) | ((value >>> 16) & 0xff)] ^
      parts[((at + 2) << 8) | ((value >>> 8) & 0xff)] ^
      parts[((at + 3) << 8) | (value & 0xff)]
    );
  }
}

/** For each bit that is set in `byte`, the 32 bits of the key that begin there: `window` moved on, filled from `next`. */
function partOf(byte: number, window: number, next: number): number {
  let part = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((byte & (0x80 >> bit)) !== 0) part ^= bit === 0 ? window : (window << bit) | (next >> (8 - bit));
  }
  return part;
}
