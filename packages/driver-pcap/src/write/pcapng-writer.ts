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

// Block types and options of pcapng (draft-ietf-opsawg-pcapng).
const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const USER_APPLICATION = 4;
const INBOUND = 1;
const OUTBOUND = 2;
/** Type, both lengths, interface, time, captured and original length. */
const ENHANCED_PACKET_OVERHEAD = 32;
const FLAGS_OPTION_LENGTH = 8;
const END_OPTION_LENGTH = 4;
/** An option's value is no longer than its 16-bit length says. */
const MAX_OPTION_LENGTH = 65_535;

const encoder = new TextEncoder();

interface WrittenInterface {
  readonly snapLength: number;
  /** Time stamp units in a microsecond. */
  readonly unitsPerUs: number;
}

/** An option: its code and value. */
type Option = readonly [code: number, value: Uint8Array];

/** Writes pcapng: one section, little-endian, enhanced packet blocks with direction and comment. */
export class PcapngWriter implements CaptureWriter {
  private readonly blocks: BlockBuffer;
  private readonly interfaces: WrittenInterface[] = [];
  private isClosed = false;

  constructor(private readonly sink: CaptureSink) {
    this.blocks = new BlockBuffer(sink);
    this.writeSectionHeader();
  }

  addInterface(iface: CaptureInterface): number {
    const { name, description, linkType = LINKTYPE_ETHERNET, snapLength = MAX_SNAP_LENGTH, resolution = 'us' } = iface;
    const options: Option[] = [];
    if (name !== undefined) options.push([IF_NAME, encodeText(name)]);
    if (description !== undefined) options.push([IF_DESCRIPTION, encodeText(description)]);
    options.push([IF_TSRESOL, Uint8Array.of(resolution === 'ns' ? 9 : 6)]);
    const length = 20 + optionsLength(options);
    const { blocks } = this;
    blocks.reserve(length);
    blocks.uint32(INTERFACE_DESCRIPTION);
    blocks.uint32(length);
    blocks.uint16(linkType);
    blocks.uint16(0);
    blocks.uint32(snapLength);
    this.writeOptions(options);
    blocks.uint32(length);
    this.interfaces.push({ snapLength, unitsPerUs: resolution === 'ns' ? 1000 : 1 });
    return this.interfaces.length - 1;
  }

  writePacket(
    iface: number,
    timeUs: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    details?: PacketDetails,
  ): void {
    const written = this.interfaces[iface];
    if (written === undefined) {
      throw new LunettaError(
        'LUNETTA_ERR_MISUSE',
        `a capture has no interface ${iface}; addInterface() gives the number`,
      );
    }
    const captured = Math.min(length, written.snapLength);
    const original = details?.originalLength ?? length;
    if (details?.comment === undefined) {
      this.writePlain(iface, timeUs * written.unitsPerUs, bytes, at, captured, original, details?.direction);
    } else {
      const options: Option[] = [[OPTION_COMMENT, encodeText(details.comment)]];
      this.writeWith(options, iface, timeUs * written.unitsPerUs, bytes, at, captured, original, details.direction);
    }
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

  /** Without text: makes no garbage. */
  private writePlain(
    iface: number,
    time: number,
    bytes: Uint8Array,
    at: number,
    captured: number,
    original: number,
    direction: PacketDetails['direction'],
  ): void {
    const flagged = direction === undefined ? 0 : FLAGS_OPTION_LENGTH + END_OPTION_LENGTH;
    const length = ENHANCED_PACKET_OVERHEAD + padded(captured) + flagged;
    this.writePacketBody(length, iface, time, bytes, at, captured, original);
    const { blocks } = this;
    if (direction !== undefined) {
      this.writeDirection(direction);
      blocks.uint32(OPTION_END);
    }
    blocks.uint32(length);
  }

  private writeWith(
    options: readonly Option[],
    iface: number,
    time: number,
    bytes: Uint8Array,
    at: number,
    captured: number,
    original: number,
    direction: PacketDetails['direction'],
  ): void {
    const flagged = direction === undefined ? 0 : FLAGS_OPTION_LENGTH;
    const length = ENHANCED_PACKET_OVERHEAD + padded(captured) + flagged + optionsLength(options);
    this.writePacketBody(length, iface, time, bytes, at, captured, original);
    if (direction !== undefined) this.writeDirection(direction);
    this.writeOptions(options);
    this.blocks.uint32(length);
  }

  private writePacketBody(
    length: number,
    iface: number,
    time: number,
    bytes: Uint8Array,
    at: number,
    captured: number,
    original: number,
  ): void {
    const { blocks } = this;
    blocks.reserve(length);
    blocks.uint32(ENHANCED_PACKET);
    blocks.uint32(length);
    blocks.uint32(iface);
    blocks.uint32(Math.floor(time / 2 ** 32));
    blocks.uint32(time % 2 ** 32);
    blocks.uint32(captured);
    blocks.uint32(original);
    blocks.copy(bytes, at, captured);
    blocks.pad();
  }

  private writeDirection(direction: 'in' | 'out'): void {
    this.blocks.uint16(EPB_FLAGS);
    this.blocks.uint16(4);
    this.blocks.uint32(direction === 'in' ? INBOUND : OUTBOUND);
  }

  private writeOptions(options: readonly Option[]): void {
    const { blocks } = this;
    for (const [code, value] of options) {
      blocks.uint16(code);
      blocks.uint16(value.length);
      blocks.copy(value, 0, value.length);
      blocks.pad();
    }
    blocks.uint32(OPTION_END);
  }

  private writeSectionHeader(): void {
    const options: Option[] = [[USER_APPLICATION, encodeText('lunetta')]];
    const length = 28 + optionsLength(options);
    const { blocks } = this;
    blocks.reserve(length);
    blocks.uint32(SECTION_HEADER);
    blocks.uint32(length);
    blocks.uint32(BYTE_ORDER_MAGIC);
    blocks.uint16(1);
    blocks.uint16(0);
    blocks.uint32(0xffffffff); // the section's length is not known beforehand
    blocks.uint32(0xffffffff);
    this.writeOptions(options);
    blocks.uint32(length);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function optionsLength(options: readonly Option[]): number {
  return options.reduce((sum, [, value]) => sum + 4 + padded(value.length), END_OPTION_LENGTH);
}

/** UTF-8, cut to what an option holds, at a character's end. */
function encodeText(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length <= MAX_OPTION_LENGTH) return bytes;
  let end = MAX_OPTION_LENGTH;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
