/** Options of a block: code and value, a text or bytes as they are to stand there. */
export type OptionBytes = readonly [code: number, value: string | readonly number[]];

interface PacketParts {
  readonly iface?: number;
  /** The time stamp, in the units of the interface. */
  readonly time?: bigint;
  readonly bytes: readonly number[];
  readonly originalLength?: number;
  readonly options?: readonly OptionBytes[];
}

/** Builds pcapng block by block in either byte order, by the specification and not by our writer. */
export class PcapngBytes {
  private readonly blocks: number[] = [];

  constructor(private isLittle = true) {}

  get bytes(): Uint8Array {
    return Uint8Array.from(this.blocks);
  }

  get length(): number {
    return this.blocks.length;
  }

  /** A section header; what follows is in its byte order. */
  section(isLittle = this.isLittle, options: readonly OptionBytes[] = [], major = 1): this {
    this.isLittle = isLittle;
    const body = [...this.u32(0x1a2b3c4d), ...this.u16(major), ...this.u16(0), ...this.u64(-1n)];
    return this.block(0x0a0d0d0a, [...body, ...this.options(options)]);
  }

  iface(options: readonly OptionBytes[] = [], linkType = 1, snapLength = 262_144): this {
    const body = [...this.u16(linkType), ...this.u16(0), ...this.u32(snapLength)];
    return this.block(1, [...body, ...this.options(options)]);
  }

  /** An enhanced packet block. */
  packet({ iface = 0, ...parts }: PacketParts): this {
    return this.block(6, [...this.u32(iface), ...this.packetBody(parts)]);
  }

  /** The obsolete packet block: two bytes of interface, two of drops. */
  obsoletePacket({ iface = 0, ...parts }: PacketParts): this {
    return this.block(2, [...this.u16(iface), ...this.u16(3), ...this.packetBody(parts)]);
  }

  simplePacket(bytes: readonly number[], originalLength = bytes.length): this {
    return this.block(3, [...this.u32(originalLength), ...padded(bytes)]);
  }

  /** Any block; `length` and `lengthAgain` stand in it instead of the right ones. */
  block(type: number, body: readonly number[], length = 12 + body.length, lengthAgain = length): this {
    for (const part of [this.u32(type), this.u32(length), body, this.u32(lengthAgain)])
      for (const byte of part) this.blocks.push(byte);
    return this;
  }

  u16(value: number): number[] {
    return this.ordered([value & 255, value >>> 8]);
  }

  u32(value: number): number[] {
    return this.ordered([value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);
  }

  u64(value: bigint): number[] {
    return this.ordered(Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
  }

  private packetBody({ time = 0n, bytes, originalLength = bytes.length, options = [] }: PacketParts): number[] {
    const stamp = [...this.u32(Number((time >> 32n) & 0xffff_ffffn)), ...this.u32(Number(time & 0xffff_ffffn))];
    const lengths = [...this.u32(bytes.length), ...this.u32(originalLength)];
    return [...stamp, ...lengths, ...padded(bytes), ...this.options(options)];
  }

  private options(options: readonly OptionBytes[]): number[] {
    if (options.length === 0) return [];
    const written = options.flatMap(([code, value]) => {
      const bytes = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
      return [...this.u16(code), ...this.u16(bytes.length), ...padded(bytes)];
    });
    return [...written, 0, 0, 0, 0];
  }

  private ordered(littleEndian: number[]): number[] {
    return this.isLittle ? littleEndian : littleEndian.reverse();
  }
}

function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...new Array<number>(-bytes.length & 3).fill(0)];
}
