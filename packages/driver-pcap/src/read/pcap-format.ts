import { captureError } from '../capture-error.js';
import {
  FILE_HEADER,
  LINK_TYPE_MASK,
  MAGIC_NS,
  MAGIC_US,
  RECORD_HEADER,
  VERSION_MAJOR,
  VERSION_MINOR,
} from '../pcap.js';
import { MAX_SNAP_LENGTH } from '../write/capture-writer.js';
import { Supply, type ByteWindow } from './byte-window.js';
import { Reading, type PacketRecord } from './packet-record.js';

/** Whether the first word of a capture, read big-endian, begins a classic file. */
export function isPcapMagic(word: number): boolean {
  return isMagic(word) || isMagic(swapped(word));
}

/** Whether a file of this version reads like one of 2.4. */
export function isVersion(major: number, minor: number): boolean {
  return major === VERSION_MAJOR && minor <= VERSION_MINOR;
}

export function versionError(major: number, minor: number): string {
  return `version ${major}.${minor} of the format; 2.4 is the one in use`;
}

function isMagic(word: number): boolean {
  return word === MAGIC_US || word === MAGIC_NS;
}

function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** Reads the classic format: both byte orders, micro- and nanoseconds. */
export class PcapFormat {
  private isLittle = false;
  private isNanoseconds = false;
  private linkType = -1;

  constructor(
    private readonly name: string,
    private readonly window: ByteWindow,
  ) {}

  /** Goes to the next packet; see `CaptureSource.next`. */
  next(record: PacketRecord): Reading {
    if (this.linkType < 0) {
      const supply = this.window.need(FILE_HEADER);
      if (supply === Supply.WAIT) return Reading.WAIT;
      if (supply !== Supply.READY) throw this.cut('its file header', FILE_HEADER);
      this.readFileHeader();
    }
    const { window, isLittle } = this;
    let supply = window.need(RECORD_HEADER);
    if (supply === Supply.END) return Reading.END;
    if (supply === Supply.WAIT) return Reading.WAIT;
    if (supply === Supply.CUT) throw this.cut("a packet's header", RECORD_HEADER);
    const { view } = window;
    const length = view.getUint32(window.at + 8, isLittle);
    if (length > MAX_SNAP_LENGTH) {
      throw this.wrong(
        `a packet of ${length} bytes; no more than ${MAX_SNAP_LENGTH} are possible: the file is damaged`,
      );
    }
    supply = window.need(RECORD_HEADER + length);
    if (supply === Supply.WAIT) return Reading.WAIT;
    if (supply !== Supply.READY) throw this.cut('a packet', RECORD_HEADER + length);
    const { at } = window;
    const fraction = view.getUint32(at + 4, isLittle);
    record.offset = window.offset;
    record.timeUs = view.getUint32(at, isLittle) * 1e6 + (this.isNanoseconds ? Math.floor(fraction / 1000) : fraction);
    record.bytes = window.bytes;
    record.at = at + RECORD_HEADER;
    record.capturedLength = length;
    record.originalLength = view.getUint32(at + 12, isLittle);
    record.linkType = this.linkType;
    window.at = at + RECORD_HEADER + length;
    return Reading.PACKET;
  }

  private readFileHeader(): void {
    const { window } = this;
    const { view, at } = window;
    this.isLittle = !isMagic(view.getUint32(at));
    this.isNanoseconds = view.getUint32(at, this.isLittle) === MAGIC_NS;
    const major = view.getUint16(at + 4, this.isLittle);
    const minor = view.getUint16(at + 6, this.isLittle);
    if (!isVersion(major, minor)) throw this.wrong(versionError(major, minor));
    this.linkType = view.getUint32(at + 20, this.isLittle) & LINK_TYPE_MASK;
    window.at += FILE_HEADER;
  }

  private wrong(what: string): Error {
    return captureError(this.name, this.window.offset, what);
  }

  private cut(what: string, length: number): Error {
    return this.wrong(`the file ends within ${what}: ${this.window.available} of ${length} bytes are there`);
  }
}
