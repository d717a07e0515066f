import type { FrameMemory } from '../link/frame-memory.js';
import type { LinkIo } from '../link/link-io.js';
import type { Datagram } from './datagram.js';

/**
 * A datagram whose buffer the application keeps. The link has only so many buffers to spare: whoever forgets
 * {@link release} will find {@link Datagram.retain} refused, and the buffer missing when the stack closes.
 */
export class RetainedDatagram {
  readonly memory: FrameMemory;
  /** Byte offset of the payload in `memory`. */
  readonly offset: number;
  readonly length: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  private readonly link: LinkIo;

  /** @param handle the buffer, counted as held */
  constructor(
    datagram: Datagram,
    private handle: number,
  ) {
    this.memory = datagram.memory;
    this.offset = datagram.offset;
    this.length = datagram.length;
    this.remoteAddress = datagram.remoteAddress;
    this.remotePort = datagram.remotePort;
    this.link = datagram.packet.link;
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
