/** Options of the TCP header (RFC 9293 section 3.2, RFC 7323, RFC 2018). */

const END = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;

/** Length of what {@link writeTimestamps} writes. */
const TIMESTAMPS_LENGTH = 12;
/** No shift is larger (RFC 7323 section 2.3). */
export const MAX_WINDOW_SHIFT = 14;
/** As many blocks as fit beside nothing else. */
const MAX_BLOCKS = 4;

/** A word of two NOPs, kind and length: the usual way to write timestamps alone (RFC 7323 appendix A). */
const PADDED_TIMESTAMPS = 0x0101080a;

/** What the options of one segment say; there is one object, filled for every segment. */
export class TcpOptions {
  /** -1: not given. */
  mss = -1;
  /** -1: not given. */
  windowShift = -1;
  isSackPermitted = false;
  hasTimestamps = false;
  tsValue = 0;
  tsEcho = 0;
  /** SACK blocks: start and end of block `i` at `2 * i` and `2 * i + 1` of `blocks`. */
  blockCount = 0;
  readonly blocks = new Int32Array(2 * MAX_BLOCKS);

  clear(): void {
    this.mss = -1;
    this.windowShift = -1;
    this.isSackPermitted = false;
    this.hasTimestamps = false;
    this.blockCount = 0;
  }
}

/**
 * Reads the options `[at, end)`. An option that is not known is skipped; from one of an illegal length on nothing is
 * read (RFC 9293 section 3.1, MUST-7).
 *
 * @returns false if there was an illegal length
 */
export function read(view: DataView, at: number, end: number, options: TcpOptions): boolean {
  options.clear();
  if (end - at === TIMESTAMPS_LENGTH && view.getInt32(at) === PADDED_TIMESTAMPS) {
    readTimestamps(view, at + 2, options);
    return true;
  }
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === END) return true;
    if (kind === NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return false;
    if (!readOption(view, at, kind, length, options)) return false;
    at += length;
  }
  return true;
}

function readOption(view: DataView, at: number, kind: number, length: number, options: TcpOptions): boolean {
  switch (kind) {
    case MSS:
      if (length !== 4) return false;
      options.mss = view.getUint16(at + 2);
      return true;
    case WINDOW_SCALE:
      if (length !== 3) return false;
      options.windowShift = Math.min(view.getUint8(at + 2), MAX_WINDOW_SHIFT);
      return true;
    case SACK_PERMITTED:
      if (length !== 2) return false;
      options.isSackPermitted = true;
      return true;
    case SACK:
      return readBlocks(view, at, length, options);
    case TIMESTAMPS:
      if (length !== 10) return false;
      readTimestamps(view, at, options);
      return true;
    default:
      return true;
  }
}

function readTimestamps(view: DataView, at: number, options: TcpOptions): void {
  options.hasTimestamps = true;
  options.tsValue = view.getInt32(at + 2);
  options.tsEcho = view.getInt32(at + 6);
}

function readBlocks(view: DataView, at: number, length: number, options: TcpOptions): boolean {
  if (length % 8 !== 2 || length < 10 || length > 2 + 8 * MAX_BLOCKS) return false;
  options.blockCount = (length - 2) >>> 3;
  for (let i = 0; i < 2 * options.blockCount; i++) options.blocks[i] = view.getInt32(at + 2 + 4 * i);
  return true;
}

/** Writes the timestamps option, padded to {@link TIMESTAMPS_LENGTH}. */
export function writeTimestamps(view: DataView, at: number, value: number, echo: number): void {
  view.setInt32(at, PADDED_TIMESTAMPS);
  view.setInt32(at + 4, value);
  view.setInt32(at + 8, echo);
}

/** Length of what {@link writeTimestamps} writes, where there are timestamps. */
export function timestampsLength(hasTimestamps: boolean): number {
  return hasTimestamps ? TIMESTAMPS_LENGTH : 0;
}

/** Length of what {@link writeSack} writes for `count` blocks. */
export function sackLength(count: number): number {
  return count === 0 ? 0 : 4 + 8 * count;
}

/** Writes a SACK option of the first `count` blocks of `blocks`, padded. */
export function writeSack(view: DataView, at: number, blocks: Int32Array, count: number): void {
  view.setInt32(at, (NOP << 24) | (NOP << 16) | (SACK << 8) | (2 + 8 * count));
  for (let i = 0; i < 2 * count; i++) view.setInt32(at + 4 + 4 * i, blocks[i]);
}

/** What a SYN offers. */
export interface SynOffer {
  readonly mss: number;
  readonly isSackPermitted: boolean;
  /** Shift of the window; -1: no scaling. */
  readonly windowShift: number;
  readonly hasTimestamps: boolean;
}

/** Length of what {@link writeSyn} writes. */
export function synLength({ isSackPermitted, windowShift, hasTimestamps }: SynOffer): number {
  return 4 + (windowShift >= 0 ? 4 : 0) + (hasTimestamps ? TIMESTAMPS_LENGTH : isSackPermitted ? 4 : 0);
}

/** Writes the options of a SYN: MSS, SACK permitted, timestamps and window scale, as far as they are offered. */
export function writeSyn(view: DataView, at: number, offer: SynOffer, tsValue: number, tsEcho: number): void {
  const { mss, isSackPermitted, windowShift, hasTimestamps } = offer;
  view.setInt32(at, (MSS << 24) | (4 << 16) | mss);
  at += 4;
  if (hasTimestamps) {
    writeTimestamps(view, at, tsValue, tsEcho);
    if (isSackPermitted) view.setUint16(at, (SACK_PERMITTED << 8) | 2); // in the place of the padding
    at += TIMESTAMPS_LENGTH;
  } else if (isSackPermitted) {
    view.setInt32(at, (NOP << 24) | (NOP << 16) | (SACK_PERMITTED << 8) | 2);
    at += 4;
  }
  if (windowShift >= 0) view.setInt32(at, (NOP << 24) | (WINDOW_SCALE << 16) | (3 << 8) | windowShift);
}
