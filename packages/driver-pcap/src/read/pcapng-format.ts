import { captureError } from '../capture-error.js';
import {
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  PACKET,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from '../pcapng.js';
import { MAX_SNAP_LENGTH } from '../write/capture-writer.js';
import { MAX_BLOCK_LENGTH, Supply, type ByteWindow } from './byte-window.js';
import { DescribedInterface } from './described-interface.js';
import { MAX_TIME_US, Reading, type PacketRecord } from './packet-record.js';
import { misfitOf } from './pcapng-options.js';

// Least lengths of blocks, both lengths and the type counted.
const SECTION_HEADER_LENGTH = 28;
const INTERFACE_LENGTH = 20;
const SIMPLE_PACKET_LENGTH = 16;
const PACKET_LENGTH = 32;
// Interfaces of one section, and bytes that describe them: nobody has more, and they are kept in memory.
const MAX_INTERFACES = 4096;
const MAX_DESCRIPTION_BYTES = 4 << 20;

/** Reads pcapng: several sections, interfaces and byte orders; blocks that hold no packets are passed over. */
export class PcapngFormat {
  /** What the present section says of its interfaces. */
  interfaces: DescribedInterface[] = [];
  private descriptionBytes = 0;
  private isLittle = true;
  private hasSection = false;
  /** A block too long to be read as a whole, which is passed over: its length, and how much of it is still to come. */
  private longLength = 0;
  private longLeft = 0;

  constructor(
    private readonly name: string,
    private readonly window: ByteWindow,
  ) {}

  /** Goes to the next packet; see `CaptureSource.next`. */
  next(record: PacketRecord): Reading {
    for (;;) {
      if (this.longLeft > 0 && !this.passLong()) return Reading.WAIT;
      const { window } = this;
      let supply = window.need(BLOCK_OVERHEAD);
      if (supply === Supply.END) return Reading.END;
      if (supply === Supply.WAIT) return Reading.WAIT;
      if (supply === Supply.CUT) throw this.cut(BLOCK_OVERHEAD);
      const type = this.blockType();
      const length = window.view.getUint32(window.at + 4, this.isLittle);
      if (length < BLOCK_OVERHEAD || length % 4 !== 0) {
        throw this.wrong(`a block of ${length} bytes; it must be a multiple of 4, ${BLOCK_OVERHEAD} at least`);
      }
      if (length > MAX_BLOCK_LENGTH) {
        if (holdsPacket(type) || type === INTERFACE_DESCRIPTION || type === SECTION_HEADER) {
          throw this.wrong(`a block of ${length} bytes; more than ${MAX_BLOCK_LENGTH} cannot be: the file is damaged`);
        }
        this.longLength = length;
        this.longLeft = length;
        continue;
      }
      supply = window.need(length);
      if (supply === Supply.WAIT) return Reading.WAIT;
      if (supply !== Supply.READY) throw this.cut(length);
      this.checkEnd(length, window.at + length - 4);
      const isPacket = this.readBlock(type, window.at, length, record);
      window.at += length;
      if (isPacket) return Reading.PACKET;
    }
  }

  /** The type of the block at hand; of a section header also its byte order, which holds from here on. */
  private blockType(): number {
    const { view, at } = this.window;
    if (view.getUint32(at) === SECTION_HEADER) {
      if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) this.isLittle = true;
      else if (view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) this.isLittle = false;
      else throw this.wrong('a section header without its byte-order magic');
      return SECTION_HEADER;
    }
    if (!this.hasSection) throw this.wrong('a block before the first section header');
    return view.getUint32(at, this.isLittle);
  }

  /** Reads a block; true if it holds a packet. */
  private readBlock(type: number, at: number, length: number, record: PacketRecord): boolean {
    switch (type) {
      case SECTION_HEADER:
        return this.readSection(at, length);
      case INTERFACE_DESCRIPTION:
        return this.readInterface(at, length);
      case ENHANCED_PACKET:
        this.checkLength('a packet block', length, PACKET_LENGTH);
        return this.readPacket(record, this.window.view.getUint32(at + 8, this.isLittle), at, length);
      case PACKET:
        this.checkLength('a packet block', length, PACKET_LENGTH);
        return this.readPacket(record, this.window.view.getUint16(at + 8, this.isLittle), at, length);
      case SIMPLE_PACKET:
        return this.readSimplePacket(record, at, length);
      default:
        return false;
    }
  }

  private readSection(at: number, length: number): boolean {
    this.checkLength('a section header', length, SECTION_HEADER_LENGTH);
    const major = this.window.view.getUint16(at + 12, this.isLittle);
    if (major !== 1) throw this.wrong(`version ${major} of pcapng; 1 is the one in use`);
    this.interfaces = [];
    this.descriptionBytes = 0;
    this.hasSection = true;
    return false;
  }

  private readInterface(at: number, length: number): boolean {
    this.checkLength('an interface description', length, INTERFACE_LENGTH);
    this.descriptionBytes += length;
    if (this.interfaces.length >= MAX_INTERFACES || this.descriptionBytes > MAX_DESCRIPTION_BYTES) {
      throw this.wrong(`more than ${MAX_INTERFACES} interfaces, or ${MAX_DESCRIPTION_BYTES} bytes about them`);
    }
    const { isLittle } = this;
    const { view, bytes } = this.window;
    const end = at + length - 4;
    this.checkOptions(at + 16, end);
    const linkType = view.getUint16(at + 8, isLittle);
    const snapLength = view.getUint32(at + 12, isLittle);
    this.interfaces.push(new DescribedInterface(linkType, snapLength, bytes, at + 16, end, isLittle));
    return false;
  }

  /** An enhanced packet block, or the obsolete packet block, which differs in its interface's number only. */
  private readPacket(record: PacketRecord, index: number, at: number, length: number): boolean {
    const { view } = this.window;
    const { isLittle } = this;
    const iface = this.interfaceOf(index);
    const captured = view.getUint32(at + 20, isLittle);
    const optionsAt = at + 28 + ((captured + 3) & ~3);
    const end = at + length - 4;
    if (captured > MAX_SNAP_LENGTH || optionsAt > end) {
      throw this.wrong(`a packet of ${captured} bytes in a block of ${length}`);
    }
    this.fill(record, index, iface, at + 28, captured, view.getUint32(at + 24, isLittle));
    record.timeUs = iface.toUs(view.getUint32(at + 12, isLittle), view.getUint32(at + 16, isLittle));
    if (!(record.timeUs <= MAX_TIME_US)) throw this.wrong('a time stamp of after the year 2112: the file is damaged');
    if (optionsAt === end) return true;
    this.checkOptions(optionsAt, end);
    record.optionsAt = optionsAt;
    record.optionsEnd = end;
    record.isLittle = isLittle;
    return true;
  }

  private readSimplePacket(record: PacketRecord, at: number, length: number): boolean {
    this.checkLength('a simple packet block', length, SIMPLE_PACKET_LENGTH);
    const iface = this.interfaceOf(0);
    const original = this.window.view.getUint32(at + 8, this.isLittle);
    const captured = iface.snapLength === 0 ? original : Math.min(original, iface.snapLength);
    if (captured > MAX_SNAP_LENGTH || captured > length - SIMPLE_PACKET_LENGTH) {
      throw this.wrong(`a packet of ${captured} bytes in a block of ${length}`);
    }
    // It has no time: it comes right after the one before it.
    this.fill(record, 0, iface, at + 12, captured, original);
    return true;
  }

  private fill(
    record: PacketRecord,
    index: number,
    iface: DescribedInterface,
    at: number,
    captured: number,
    original: number,
  ): void {
    record.offset = this.window.offset;
    record.bytes = this.window.bytes;
    record.at = at;
    record.capturedLength = captured;
    record.originalLength = original;
    record.iface = index;
    record.linkType = iface.linkType;
    record.optionsAt = 0;
    record.optionsEnd = 0;
  }

  private interfaceOf(index: number): DescribedInterface {
    const iface = this.interfaces[index];
    if (iface === undefined) throw this.wrong(`a packet of interface ${index}, which the capture does not describe`);
    return iface;
  }

  /** Passes over a long block; false if its rest is not there yet. */
  private passLong(): boolean {
    const { window, longLength } = this;
    const begin = window.offset - (longLength - this.longLeft);
    const cut = (): Error =>
      this.wrong(`the file ends within a block: ${window.offset - begin} of ${longLength} bytes are there`, begin);
    while (this.longLeft > 4) {
      const supply = window.need(1);
      if (supply === Supply.WAIT) return false;
      if (supply !== Supply.READY) throw cut();
      const step = Math.min(this.longLeft - 4, window.available);
      window.at += step;
      this.longLeft -= step;
    }
    const supply = window.need(4);
    if (supply === Supply.WAIT) return false;
    if (supply !== Supply.READY) throw cut();
    this.checkEnd(longLength, window.at, begin);
    window.at += 4;
    this.longLeft = 0;
    return true;
  }

  /** The length of a block stands at its end once more. */
  private checkEnd(length: number, at: number, begin = this.window.offset): void {
    const again = this.window.view.getUint32(at, this.isLittle);
    if (again !== length) throw this.wrong(`a block of ${length} bytes that says ${again} at its end`, begin);
  }

  private checkLength(what: string, length: number, least: number): void {
    if (length < least) throw this.wrong(`${what} of ${length} bytes; it has ${least} at least`);
  }

  private checkOptions(at: number, end: number): void {
    const length = misfitOf(this.window.view, at, end, this.isLittle);
    if (length >= 0) throw this.wrong(`an option of ${length} bytes that ends outside its block`);
  }

  private wrong(what: string, offset = this.window.offset): Error {
    return captureError(this.name, offset, what);
  }

  private cut(length: number): Error {
    return this.wrong(`the file ends within a block: ${this.window.available} of ${length} bytes are there`);
  }
}

function holdsPacket(type: number): boolean {
  return type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET;
}
