import { IF_DESCRIPTION, IF_NAME, IF_TSOFFSET, IF_TSRESOL, INTERFACE_NUMBERS, type CaptureOption } from '../pcapng.js';
import { readOptions, textOf, valueOf } from './pcapng-options.js';

/** Powers of ten that divide a second into whole microseconds. */
const MICROSECONDS = 6;
const NANOSECONDS = 9;
/** The highest bit of if_tsresol: the rest is a power of two, not of ten. */
const POWER_OF_TWO = 0x80;

/** What a pcapng capture says of one of its interfaces (section 4.2 of draft-ietf-opsawg-pcapng). */
export class DescribedInterface {
  /** All that is said of it. */
  readonly options: readonly CaptureOption[];
  /** if_tsresol: what a unit of its time stamps is. */
  private readonly resolution: number;
  /** Microseconds in a unit, where that is a whole number. */
  private readonly usPerUnit: number;
  private readonly offsetUs: number;

  /**
   * @param linkType a LINKTYPE_ number
   * @param snapLength bytes kept of a packet at most; 0: all
   */
  constructor(
    readonly linkType: number,
    readonly snapLength: number,
    bytes: Uint8Array,
    optionsAt: number,
    optionsEnd: number,
    isLittle: boolean,
  ) {
    this.options = readOptions(bytes, optionsAt, optionsEnd, isLittle, INTERFACE_NUMBERS);
    this.resolution = valueOf(this.options, IF_TSRESOL)?.[0] ?? MICROSECONDS;
    this.usPerUnit = this.resolution <= MICROSECONDS ? 10 ** (MICROSECONDS - this.resolution) : 0;
    this.offsetUs = offsetSeconds(valueOf(this.options, IF_TSOFFSET)) * 1e6;
  }

  get name(): string | undefined {
    return textOf(this.options, IF_NAME);
  }

  get description(): string | undefined {
    return textOf(this.options, IF_DESCRIPTION);
  }

  /** Microseconds since 1970 of a time stamp in two words, rounded down. */
  toUs(high: number, low: number): number {
    if (this.usPerUnit > 0) return this.offsetUs + (high * 2 ** 32 + low) * this.usPerUnit;
    // Nanoseconds since 1970 are more than a double holds: 2^32 ns are 4,294,967 us and 296 ns.
    if (this.resolution === NANOSECONDS) {
      return this.offsetUs + high * 4_294_967 + Math.floor((high * 296 + low) / 1000);
    }
    const exponent = BigInt(this.resolution & ~POWER_OF_TWO);
    const perSecond = (this.resolution & POWER_OF_TWO) !== 0 ? 2n ** exponent : 10n ** exponent;
    return this.offsetUs + Number((((BigInt(high) << 32n) | BigInt(low)) * 1_000_000n) / perSecond);
  }
}

function offsetSeconds(value: Uint8Array | undefined): number {
  if (value?.length !== 8) return 0;
  return Number(new DataView(value.buffer).getBigInt64(0, true));
}
