import { OPTION_END, type CaptureOption } from '../pcapng.js';

const HEADER_LENGTH = 4;
const decoder = new TextDecoder();

/**
 * Looks whether the options at `[at, end)` lie within it.
 *
 * @returns the length of the first one that does not, or -1
 */
export function misfitOf(view: DataView, at: number, end: number, isLittle: boolean): number {
  while (at + HEADER_LENGTH <= end && view.getUint16(at, isLittle) !== OPTION_END) {
    const length = view.getUint16(at + 2, isLittle);
    if (at + HEADER_LENGTH + length > end) return length;
    at += HEADER_LENGTH + ((length + 3) & ~3);
  }
  return -1;
}

/**
 * Copies the options at `[at, end)`, which fit ({@link misfitOf}).
 *
 * @param numbers code and length of those that are numbers: they become little-endian
 */
export function readOptions(
  bytes: Uint8Array,
  at: number,
  end: number,
  isLittle: boolean,
  numbers: ReadonlyMap<number, number>,
): CaptureOption[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options: CaptureOption[] = [];
  while (at + HEADER_LENGTH <= end) {
    const code = view.getUint16(at, isLittle);
    const length = view.getUint16(at + 2, isLittle);
    if (code === OPTION_END) break;
    at += HEADER_LENGTH;
    const value = bytes.slice(at, at + length);
    if (!isLittle && numbers.get(code) === length) value.reverse();
    options.push({ code, value });
    at += (length + 3) & ~3;
  }
  return options;
}

/** The value of the first option with a code. */
export function valueOf(options: readonly CaptureOption[], code: number): Uint8Array | undefined {
  return options.find((option) => option.code === code)?.value;
}

/** The text of the first option with a code. */
export function textOf(options: readonly CaptureOption[], code: number): string | undefined {
  const value = valueOf(options, code);
  return value === undefined ? undefined : decoder.decode(value);
}
