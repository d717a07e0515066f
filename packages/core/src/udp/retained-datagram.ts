import type { FrameMemory } from '../link/frame-memory.js';
import type { PacketLink } from '../link/packet-link.js';

/**
 * A datagram whose buffer the application keeps. The link has only so many buffers to spare: whoever forgets
 * {@link release} will find {@link Datagram.retain} refused, and the buffer missing when the stack closes.
 */
export class RetainedDatagram {
  readonly memory: FrameMemory;

  /** @internal `handle` counts as held. */
  constructor(
    private readonly link: PacketLink,
    private handle: number,
    /** Byte offset of the payload in `memory`. */
    readonly offset: number,
    /** Length of the payload in bytes. */
    readonly length: number,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {
    this.memory = link.memory;
  }

  /** The payload, valid until {@link release}. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.offset, this.length);
  }

  /** Gives the buffer back; more than once is once. */
  release(): void {
    if (this.handle < 0) return;
    this.link.release(this.handle);
    this.link.unhold();
    this.handle = -1;
  }
}
