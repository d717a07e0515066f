import { LunettaError } from '@lunetta/core';
import { BlockBuffer } from './block-buffer.js';
import type { CaptureSink } from './capture-sink.js';
import {
  LINKTYPE_ETHERNET,
  MAX_SNAP_LENGTH,
  type CaptureInterface,
  type CaptureWriter,
  type PacketDetails,
} from './capture-writer.js';

// The classic format (draft-ietf-opsawg-pcap section 4).
const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const RECORD_HEADER = 16;

/** Writes the classic format, little-endian: one interface, no comments and no directions. */
export class PcapWriter implements CaptureWriter {
  private readonly blocks: BlockBuffer;
  private snapLength = -1;
  /** Time stamp units in a microsecond. */
  private unitsPerUs = 1;
  private isClosed = false;

  constructor(private readonly sink: CaptureSink) {
    this.blocks = new BlockBuffer(sink);
  }

  /** @throws LunettaError `LUNETTA_ERR_MISUSE` for a second one: the format has a single one */
  addInterface(iface: CaptureInterface): number {
    if (this.snapLength >= 0) {
      const message = 'a classic pcap file has one interface; write pcapng for several';
      throw new LunettaError('LUNETTA_ERR_MISUSE', message);
    }
    const { linkType = LINKTYPE_ETHERNET, snapLength = MAX_SNAP_LENGTH, resolution = 'us' } = iface;
    this.snapLength = snapLength;
    this.unitsPerUs = resolution === 'ns' ? 1000 : 1;
    const { blocks } = this;
    blocks.reserve(24);
    blocks.uint32(resolution === 'ns' ? MAGIC_NS : MAGIC_US);
    blocks.uint16(2);
    blocks.uint16(4);
    blocks.uint32(0);
    blocks.uint32(0);
    blocks.uint32(snapLength);
    blocks.uint32(linkType);
    return 0;
  }

  writePacket(
    iface: number,
    timeUs: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    details?: PacketDetails,
  ): void {
    if (iface !== 0 || this.snapLength < 0) {
      throw new LunettaError(
        'LUNETTA_ERR_MISUSE',
        `a capture has no interface ${iface}; addInterface() gives the number`,
      );
    }
    const captured = Math.min(length, this.snapLength);
    const seconds = Math.floor(timeUs / 1e6);
    const { blocks } = this;
    blocks.reserve(RECORD_HEADER + captured);
    blocks.uint32(seconds);
    blocks.uint32(Math.floor((timeUs - seconds * 1e6) * this.unitsPerUs));
    blocks.uint32(captured);
    blocks.uint32(details?.originalLength ?? length);
    blocks.copy(bytes, at, captured);
  }

  flush(): void {
    this.blocks.flush();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      this.blocks.flush();
    } finally {
      this.sink.close();
    }
  }
}
