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
   */
  constructor(
    readonly buffer: ArrayBufferLike,
    readonly firstBufferAt: number,
    readonly bufferStride: number,
    readonly bufferSize: number,
    readonly bufferCount: number,
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

  /** Byte offset of the first byte of frame buffer `handle`. */
  bufferAt(handle: number): number {
    return this.firstBufferAt + handle * this.bufferStride;
  }
}
