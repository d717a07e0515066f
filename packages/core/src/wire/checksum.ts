/**
 * The Internet checksum (RFC 1071): the 16-bit ones' complement of the ones' complement sum. Partial sums are passed
 * on as integers below 2^31, so that V8 keeps them unboxed; `finish` folds and complements them.
 */

/** Bytes that {@link addBlocks} adds in one go. */
const BLOCK_LENGTH = 32;

/**
 * Adds the 16-bit words of `view[at, end)` to a partial sum; an odd last byte counts as if a zero followed it.
 *
 * @param sum a partial sum below 2^30
 * @param end at most 65,535 bytes after `at`
 * @returns a partial sum below 2^18
 */
export function add(sum: number, view: DataView, at: number, end: number): number {
  // Short enough for V8 to put it into its caller, where most sums are of a few bytes: an echo takes 0.93 of the time.
  const blocksLength = (end - at) & -BLOCK_LENGTH;
  if (blocksLength > 0) {
    sum = addBlocks(sum, view, at, at + blocksLength);
    at += blocksLength;
  }
  for (; at + 4 <= end; at += 4) sum = addWord(sum, view.getInt32(at));
  if (at + 2 <= end) {
    sum += view.getUint16(at);
    at += 2;
  }
  if (at < end) sum += view.getUint8(at) << 8;
  return (sum & 0xffff) + (sum >>> 16);
}

/** As {@link add}, of whole blocks. */
function addBlocks(sum: number, view: DataView, at: number, end: number): number {
  // Of every 32-bit word only the high half is cut out; `all` is the sum of the whole words modulo 2^32. What `all` holds
  // beside `high << 16` is the sum of the low halves, exactly: 65,535 bytes are 16,384 words, so it stays below 2^30.
  // 1.5 times faster than cutting out both halves, 2.5 to 3 times faster than 16-bit loads, for 1,400 bytes
  // (`npm run bench:stack -- checksum-1460`).
  let high = 0;
  let all = 0;
  for (; at < end; at += BLOCK_LENGTH) {
    const a = view.getInt32(at);
    const b = view.getInt32(at + 4);
    const c = view.getInt32(at + 8);
    const d = view.getInt32(at + 12);
    const e = view.getInt32(at + 16);
    const f = view.getInt32(at + 20);
    const g = view.getInt32(at + 24);
    const h = view.getInt32(at + 28);
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16) + (f >>> 16) + (g >>> 16) + (h >>> 16);
    all = (all + a + b + c + d + e + f + g + h) | 0;
  }
  const low = (all - (high << 16)) | 0;
  high += sum;
  return (high & 0xffff) + (high >>> 16) + (low & 0xffff) + (low >>> 16);
}

/** Adds one 32-bit word, such as an address, given as a signed or unsigned integer. */
export function addWord(sum: number, word: number): number {
  return sum + (word >>> 16) + (word & 0xffff);
}

/** Folds a partial sum below 2^31 to 16 bits and complements it: the value of a checksum field. */
export function finish(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/** Folds a partial sum below 2^31 to 16 bits: what stands in a checksum field that a device is to finish. */
export function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/**
 * The checksum after one 16-bit word of what it covers has changed (RFC 1624, equation 3).
 *
 * @param checksum the field before
 * @param before the word before
 * @param after the word after
 */
export function update(checksum: number, before: number, after: number): number {
  return finish((~checksum & 0xffff) + (~before & 0xffff) + after);
}
