import { captureError } from '../capture-error.js';
import { MAX_SNAP_LENGTH } from '../write/capture-writer.js';
import { MAX_BLOCK_LENGTH, Supply, type ByteWindow } from './byte-window.js';
import { Reading, type PacketRecord } from './packet-record.js';

// Block types and options of pcapng (draft-ietf-opsawg-pcapng).
export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const EPB_FLAGS = 2;
const DIRECTION_MASK = 3;
/** Type and length before, length after. */
const BLOCK_OVERHEAD = 12;
/** In microseconds. */
const NANOSECOND = 1e-3;
/** Interfaces of one section; nobody has more, and each costs memory. */
const MAX_INTERFACES = 4096;

/** What a capture says of one of its interfaces. */
interface DescribedInterface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Microseconds in a unit of its time stamps. */
  readonly usPerUnit: number;
  readonly offsetUs: number;
  readonly name: string | undefined;
}

const decoder = new TextDecoder();

/** Reads pcapng: several sections, interfaces and byte orders; blocks that hold no packets are passed over. */
export class PcapngFormat {
  private isLittle = true;
  private interfaces: DescribedInterface[] = [];
  private hasSection = false;
  /** Bytes of a long block, that need not be read, still to be passed over. */
  private toSkip = 0;

  constructor(
    private readonly name: string,
    private readonly window: ByteWindow,
  ) {}

  /** The name of an interface of the present section. */
  interfaceName(index: number): string | undefined {
    return this.interfaces[index]?.name;
  }

  /** Goes to the next packet; see `CaptureSource.next`. */
  next(record: PacketRecord): Reading {
    for (;;) {
      if (this.toSkip > 0 && !this.skip()) return Reading.WAIT;
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
        this.toSkip = length;
        continue;
      }
      supply = window.need(length);
      if (supply === Supply.WAIT) return Reading.WAIT;
      if (supply !== Supply.READY) throw this.cut(length);
      const again = window.view.getUint32(window.at + length - 4, this.isLittle);
      if (again !== length) throw this.wrong(`a block of ${length} bytes that says ${again} at its end`);
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
      case ENHANCED_PACKET: {
        const iface = this.window.view.getUint32(at + 8, this.isLittle);
        return this.readPacket(record, iface, at, 28, length);
      }
      case PACKET: {
        const iface = length < 32 ? 0 : this.window.view.getUint16(at + 8, this.isLittle);
        return this.readPacket(record, iface, at, 28, length);
      }
      case SIMPLE_PACKET:
        return this.readSimplePacket(record, at, length);
      default:
        return false;
    }
  }

  private readSection(at: number, length: number): boolean {
    if (length < 28) throw this.wrong(`a section header of ${length} bytes; it has 28 at least`);
    const major = this.window.view.getUint16(at + 12, this.isLittle);
    if (major !== 1) throw this.wrong(`version ${major} of pcapng; 1 is the one in use`);
    this.interfaces = [];
    this.hasSection = true;
    return false;
  }

  private readInterface(at: number, length: number): boolean {
    if (length < 20) throw this.wrong(`an interface description of ${length} bytes; it has 20 at least`);
    if (this.interfaces.length >= MAX_INTERFACES) throw this.wrong(`more than ${MAX_INTERFACES} interfaces`);
    const { view, bytes } = this.window;
    let usPerUnit = 1;
    let offsetUs = 0;
    let name: string | undefined;
    this.eachOption(at + 16, at + length - 4, (code, valueAt, valueLength) => {
      if (code === IF_NAME) name = decoder.decode(bytes.subarray(valueAt, valueAt + valueLength));
      if (code === IF_TSRESOL && valueLength >= 1) usPerUnit = resolution(bytes[valueAt]);
      if (code === IF_TSOFFSET && valueLength >= 8) offsetUs = Number(view.getBigInt64(valueAt, this.isLittle)) * 1e6;
    });
    const linkType = view.getUint16(at + 8, this.isLittle);
    const snapLength = view.getUint32(at + 12, this.isLittle);
    this.interfaces.push({ linkType, snapLength, usPerUnit, offsetUs, name });
    return false;
  }

  /** An enhanced packet block, or the obsolete packet block, which differs in its interface's number only. */
  private readPacket(record: PacketRecord, index: number, at: number, headerLength: number, length: number): boolean {
    if (length < headerLength + 4) throw this.wrong(`a packet block of ${length} bytes; it has 32 at least`);
    const { view } = this.window;
    const { isLittle } = this;
    const iface = this.interfaceOf(index);
    const captured = view.getUint32(at + 20, isLittle);
    const optionsAt = at + headerLength + ((captured + 3) & ~3);
    if (captured > MAX_SNAP_LENGTH || optionsAt > at + length - 4) {
      throw this.wrong(`a packet of ${captured} bytes in a block of ${length}`);
    }
    this.fill(record, index, iface, at + headerLength, captured, view.getUint32(at + 24, isLittle));
    record.timeUs = iface.offsetUs + toUs(view.getUint32(at + 12, isLittle), view.getUint32(at + 16, isLittle), iface);
    if (optionsAt < at + length - 4) this.readPacketOptions(record, optionsAt, at + length - 4);
    return true;
  }

  private readSimplePacket(record: PacketRecord, at: number, length: number): boolean {
    if (length < 16) throw this.wrong(`a simple packet block of ${length} bytes; it has 16 at least`);
    const iface = this.interfaceOf(0);
    const original = this.window.view.getUint32(at + 8, this.isLittle);
    const kept = iface.snapLength === 0 ? original : Math.min(original, iface.snapLength);
    const captured = Math.min(kept, length - 16);
    if (kept > MAX_SNAP_LENGTH) throw this.wrong(`a packet of ${kept} bytes in a block of ${length}`);
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
    record.direction = undefined;
    record.comment = undefined;
  }

  private readPacketOptions(record: PacketRecord, at: number, end: number): void {
    const { view, bytes } = this.window;
    this.eachOption(at, end, (code, valueAt, length) => {
      if (code === OPTION_COMMENT) record.comment ??= decoder.decode(bytes.subarray(valueAt, valueAt + length));
      if (code === EPB_FLAGS && length >= 4) {
        const direction = view.getUint32(valueAt, this.isLittle) & DIRECTION_MASK;
        record.direction = direction === 1 ? 'in' : direction === 2 ? 'out' : undefined;
      }
    });
  }

  private eachOption(at: number, end: number, visit: (code: number, at: number, length: number) => void): void {
    const { view } = this.window;
    while (at + 4 <= end) {
      const code = view.getUint16(at, this.isLittle);
      const length = view.getUint16(at + 2, this.isLittle);
      if (code === OPTION_END) return;
      if (at + 4 + length > end) throw this.wrong(`an option of ${length} bytes that ends outside its block`);
      visit(code, at + 4, length);
      at += 4 + ((length + 3) & ~3);
    }
  }

  private interfaceOf(index: number): DescribedInterface {
    const iface = this.interfaces[index];
    if (iface === undefined) throw this.wrong(`a packet of interface ${index}, which the capture does not describe`);
    return iface;
  }

  /** Passes over a long block; false if its rest is not there yet. */
  private skip(): boolean {
    const { window } = this;
    while (this.toSkip > 0) {
      const supply = window.need(1);
      if (supply === Supply.WAIT) return false;
      if (supply !== Supply.READY) throw this.cut(this.toSkip);
      const step = Math.min(this.toSkip, window.available);
      window.at += step;
      this.toSkip -= step;
    }
    return true;
  }

  private wrong(what: string): Error {
    return captureError(this.name, this.window.offset, what);
  }

  private cut(length: number): Error {
    return this.wrong(`the file ends within a block: ${this.window.available} of ${length} bytes are there`);
  }
}

function holdsPacket(type: number): boolean {
  return type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET;
}

/** A time stamp in microseconds, rounded down. */
function toUs(high: number, low: number, { usPerUnit }: DescribedInterface): number {
  // Nanoseconds since 1970 are more than a double holds: 2^32 ns are 4,294,967 us and 296 ns.
  if (usPerUnit === NANOSECOND) return high * 4_294_967 + Math.floor((high * 296 + low) / 1000);
  return Math.floor((high * 2 ** 32 + low) * usPerUnit);
}

/** Microseconds in a unit of time stamps (if_tsresol): a negative power of 10, or with the highest bit of 2. */
function resolution(value: number): number {
  if (value === 9) return NANOSECOND;
  return 1e6 / ((value & 0x80) !== 0 ? 2 : 10) ** (value & 0x7f);
}
