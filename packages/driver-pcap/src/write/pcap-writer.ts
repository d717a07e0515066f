import { LunettaError } from '@lunetta/core';
import { FILE_HEADER, MAGIC_NS, MAGIC_US, RECORD_HEADER, VERSION_MAJOR, VERSION_MINOR } from '../pcap.js';
import { BlockBuffer } from './block-buffer.js';
import type { CaptureSink } from './capture-sink.js';
import {
  LINKTYPE_ETHERNET,
  MAX_SNAP_LENGTH,
  type CaptureInterface,
  type CaptureWriter,
  type PacketDetails,
} from './capture-writer.js';

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
    const at = this.blocks.begin(FILE_HEADER);
    const { view } = this.blocks;
    view.setUint32(at, resolution === 'ns' ? MAGIC_NS : MAGIC_US, true);
    view.setUint16(at + 4, VERSION_MAJOR, true);
    view.setUint16(at + 6, VERSION_MINOR, true);
    view.setUint32(at + 8, 0, true);
    view.setUint32(at + 12, 0, true);
    view.setUint32(at + 16, snapLength, true);
    view.setUint32(at + 20, linkType, true);
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
    const to = this.blocks.begin(RECORD_HEADER + captured);
    const { view } = this.blocks;
    view.setUint32(to, seconds, true);
    view.setUint32(to + 4, Math.floor((timeUs - seconds * 1e6) * this.unitsPerUs), true);
    view.setUint32(to + 8, captured, true);
    view.setUint32(to + 12, details?.originalLength ?? length, true);
    this.blocks.copy(to + RECORD_HEADER, bytes, at, captured, 1);
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
