import { LunettaError } from '@lunetta/core';
import {
  BYTE_ORDER_MAGIC,
  DIRECTION_IN,
  DIRECTION_OUT,
  ENHANCED_PACKET,
  EPB_FLAGS,
  IF_DESCRIPTION,
  IF_NAME,
  IF_TSRESOL,
  INTERFACE_DESCRIPTION,
  OPTION_COMMENT,
  OPTION_END,
  SECTION_HEADER,
  USER_APPLICATION,
  type CaptureOption,
} from '../pcapng.js';
import { BlockBuffer } from './block-buffer.js';
import type { CaptureSink } from './capture-sink.js';
import {
  LINKTYPE_ETHERNET,
  MAX_SNAP_LENGTH,
  type CaptureInterface,
  type CaptureWriter,
  type PacketDetails,
} from './capture-writer.js';

const END_OPTION_LENGTH = 4;
/** An option's value is no longer than its 16-bit length says. */
const MAX_OPTION_LENGTH = 65_535;

const encoder = new TextEncoder();

interface WrittenInterface {
  readonly snapLength: number;
  /** Time stamp units in a microsecond. */
  readonly unitsPerUs: number;
}

const NO_OPTIONS: readonly CaptureOption[] = [];
/** epb_flags of what was received and of what was sent. */
const FLAGS_IN: readonly CaptureOption[] = [{ code: EPB_FLAGS, value: Uint8Array.of(DIRECTION_IN, 0, 0, 0) }];
const FLAGS_OUT: readonly CaptureOption[] = [{ code: EPB_FLAGS, value: Uint8Array.of(DIRECTION_OUT, 0, 0, 0) }];

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
    const options: CaptureOption[] = [];
    if (name !== undefined) options.push({ code: IF_NAME, value: encodeText(name) });
    if (description !== undefined) options.push({ code: IF_DESCRIPTION, value: encodeText(description) });
    options.push({ code: IF_TSRESOL, value: Uint8Array.of(resolution === 'ns' ? 9 : 6) });
    const length = 20 + optionsLength(options);
    const at = this.beginBlock(INTERFACE_DESCRIPTION, length);
    const { view } = this.blocks;
    view.setUint16(at + 8, linkType, true);
    view.setUint16(at + 10, 0, true);
    view.setUint32(at + 12, snapLength, true);
    this.writeOptions(at + 16, options);
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
    const options = details === undefined ? NO_OPTIONS : optionsOf(details);
    const optionsAt = 28 + padded(captured);
    const blockLength = optionsAt + 4 + (options.length === 0 ? 0 : optionsLength(options));
    const to = this.beginBlock(ENHANCED_PACKET, blockLength);
    const { blocks } = this;
    const { view } = blocks;
    view.setUint32(to + 8, iface, true);
    writeTime(view, to + 12, timeUs, written.unitsPerUs);
    view.setUint32(to + 20, captured, true);
    view.setUint32(to + 24, details?.originalLength ?? length, true);
    blocks.copy(to + 28, bytes, at, captured, 4);
    if (options.length > 0) this.writeOptions(to + optionsAt, options);
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

  /** Makes room for a block and writes its type and its length, at both ends; the index of its first byte. */
  private beginBlock(type: number, length: number): number {
    const at = this.blocks.begin(length);
    const { view } = this.blocks;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, length, true);
    view.setUint32(at + length - 4, length, true);
    return at;
  }

  private writeOptions(at: number, options: readonly CaptureOption[]): void {
    const { blocks } = this;
    for (const { code, value } of options) {
      blocks.view.setUint16(at, code, true);
      blocks.view.setUint16(at + 2, value.length, true);
      blocks.copy(at + 4, value, 0, value.length, 4);
      at += 4 + padded(value.length);
    }
    blocks.view.setUint32(at, OPTION_END, true);
  }

  private writeSectionHeader(): void {
    const options = [{ code: USER_APPLICATION, value: encodeText('lunetta') }];
    const at = this.beginBlock(SECTION_HEADER, 28 + optionsLength(options));
    const { view } = this.blocks;
    view.setUint32(at + 8, BYTE_ORDER_MAGIC, true);
    view.setUint16(at + 12, 1, true);
    view.setUint16(at + 14, 0, true);
    view.setBigInt64(at + 16, -1n, true); // the section's length is not known beforehand
    this.writeOptions(at + 24, options);
  }
}

/** Writes a time stamp as two words. In two parts of 22 and 30 bits: nanoseconds since 1970 are more than a double holds. */
function writeTime(view: DataView, at: number, timeUs: number, unitsPerUs: number): void {
  const upperUs = Math.floor(timeUs / 2 ** 22);
  const upper = upperUs * unitsPerUs;
  let high = Math.floor(upper / 2 ** 10);
  let low = (upper - high * 2 ** 10) * 2 ** 22 + Math.floor((timeUs - upperUs * 2 ** 22) * unitsPerUs);
  if (low >= 2 ** 32) {
    low -= 2 ** 32;
    high++;
  }
  view.setUint32(at, high, true);
  view.setUint32(at + 4, low, true);
}

/** The options of a packet block. */
function optionsOf({ direction, comment, options = NO_OPTIONS }: PacketDetails): readonly CaptureOption[] {
  const flags = direction === undefined ? NO_OPTIONS : direction === 'in' ? FLAGS_IN : FLAGS_OUT;
  if (comment === undefined && options.length === 0) return flags;
  const comments = comment === undefined ? NO_OPTIONS : [{ code: OPTION_COMMENT, value: encodeText(comment) }];
  return [...flags, ...comments, ...options];
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function optionsLength(options: readonly CaptureOption[]): number {
  return options.reduce((sum, { value }) => sum + 4 + padded(value.length), END_OPTION_LENGTH);
}

/** UTF-8, cut to what an option holds, at a character's end. */
function encodeText(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length <= MAX_OPTION_LENGTH) return bytes;
  let end = MAX_OPTION_LENGTH;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
