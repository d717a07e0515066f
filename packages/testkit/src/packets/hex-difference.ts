import { hexOf } from './packet-text.js';

/** Bytes on a line. */
const WIDTH = 16;
/** Lines that are shown; the first difference is what one wants to see. */
const MAX_LINES = 4;

/** A piece of two byte strings where they differ: 16 bytes of each, and marks under those that differ. */
export interface HexLine {
  readonly expected: string;
  readonly seen: string;
  readonly marks: string;
}

/** Where two byte strings differ, line by line; `more` counts the lines that are left out. */
export function hexDifference(expected: Uint8Array, seen: Uint8Array): { lines: HexLine[]; more: number } {
  const lines: HexLine[] = [];
  for (let at = 0; at < Math.max(expected.length, seen.length); at += WIDTH) {
    const [left, right] = [expected, seen].map((bytes) => bytes.subarray(at, at + WIDTH));
    const differs = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => left[i] !== right[i]);
    if (!differs.includes(true)) continue;
    const offset = at.toString(16).padStart(4, '0');
    const text = (bytes: Uint8Array): string =>
      `${offset}  ${hexOf(bytes).padEnd(WIDTH * 3)} ${readable(bytes)}`.trimEnd();
    const marks = differs.map((differ) => (differ ? '^^ ' : '   ')).join('');
    lines.push({ expected: text(left), seen: text(right), marks: `${' '.repeat(6)}${marks}`.trimEnd() });
  }
  return { lines: lines.slice(0, MAX_LINES), more: Math.max(0, lines.length - MAX_LINES) };
}

function readable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
}
