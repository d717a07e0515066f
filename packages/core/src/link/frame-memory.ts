import * as checksum from '../wire/checksum.js';

/** From this length on a call of {@link FrameMemory.fastSum} is worth it: 256 bytes take JavaScript 46 ns. */
const FAST_SUM_LENGTH = 256;

/**
 * The memory in which a queue's frames lie: one buffer of bytes, cut into `bufferCount` frame buffers of equal size.
 * A frame is a byte offset into it, never an object. Frame buffer `h` (its handle) owns the bytes
 * `[bufferAt(h), bufferAt(h) + bufferSize)`.
 *
 * Ports may share one memory; frames then pass between them untouched, by handle.
 */
export class FrameMemory {
  /** The one DataView over the whole memory through which headers are read and written. */
  readonly view: DataView;
  /** The one byte array over the whole memory, for copies. */
  readonly bytes: Uint8Array;

  /**
   * @param buffer what holds the frames; it must stay valid until the port is closed
   * @param firstBufferAt byte offset of frame buffer 0
   * @param bufferStride bytes from one frame buffer to the next, at least `bufferSize`
   * @param bufferSize bytes that a frame buffer holds, headroom included
   * @param bufferCount number of frame buffers
   * @param fastSum adds up the 16-bit words of `[at, end)`, most significant byte first, faster than JavaScript can:
   *   natively or by WebAssembly (an odd last byte counts as if a zero followed it; less than 2^17); not given: nothing can
   */
  constructor(
    readonly buffer: ArrayBufferLike,
    readonly firstBufferAt: number,
    readonly bufferStride: number,
    readonly bufferSize: number,
    readonly bufferCount: number,
    private readonly fastSum?: (at: number, end: number) => number,
  ) {
    const end = firstBufferAt + bufferStride * (bufferCount - 1) + bufferSize;
    if (bufferStride < bufferSize || end > buffer.byteLength) {
      throw new RangeError(
        `${bufferCount} frame buffers of ${bufferSize} bytes every ${bufferStride} bytes from ${firstBufferAt} ` +
          `do not fit in ${buffer.byteLength} bytes`,
      );
    }
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** As `checksum.add` over the bytes `[at, end)`, by the fastest means there is. */
  addSum(sum: number, at: number, end: number): number {
    const { fastSum } = this;
    if (fastSum !== undefined && end - at >= FAST_SUM_LENGTH) return sum + fastSum(at, end);
    return checksum.add(sum, this.view, at, end);
  }

  /** Byte offset of the first byte of frame buffer `handle`. */
  bufferAt(handle: number): number {
    return this.firstBufferAt + handle * this.bufferStride;
  }
}
