/**
 * Copies bytes between two memories and makes no garbage: `TypedArray.set` of a part needs a view object a call. Words
 * at a time where both sides are aligned alike, which frames are whose headroom is a multiple of four.
 */
export class BytesCopier {
  private readonly toWords: Int32Array;
  private readonly fromWords: Int32Array;

  constructor(
    private readonly to: Uint8Array,
    private readonly from: Uint8Array,
  ) {
    this.toWords = new Int32Array(to.buffer, 0, to.byteLength >> 2);
    this.fromWords = new Int32Array(from.buffer, 0, from.byteLength >> 2);
  }

  /** Copies `length` bytes from offset `fromAt` to offset `toAt`. */
  copy(toAt: number, fromAt: number, length: number): void {
    const { to, from } = this;
    if (to === from) {
      to.copyWithin(toAt, fromAt, fromAt + length);
      return;
    }
    let done = 0;
    if (((toAt | fromAt) & 3) === 0) {
      const { toWords, fromWords } = this;
      const toWord = toAt >> 2;
      const fromWord = fromAt >> 2;
      const words = length >> 2;
      for (let i = 0; i < words; i++) toWords[toWord + i] = fromWords[fromWord + i];
      done = words << 2;
    }
    for (; done < length; done++) to[toAt + done] = from[fromAt + done];
  }
}
