import { ethernet } from '@lunetta/core';
import { faultsOf, mendFrame } from './mend-frame.js';
import type { FuzzStep } from './fuzz-step.js';

/** Bytes at the front of a frame that are looked at one by one: the headers. */
const HEADERS = 64;

/** Simpler steps that may fail as well, the simplest first. All are smaller in one order, so that shrinking ends. */
export function* shrinkStep(step: FuzzStep): Generator<FuzzStep> {
  for (const afterUs of new Set([0, 1000 * Math.floor(step.afterUs / 2000), Math.floor(step.afterUs / 2)])) {
    if (afterUs < step.afterUs) yield { ...step, afterUs };
  }
  if (!('frame' in step)) return;
  const { afterUs, frame } = step;
  const size = sizeOf(frame);
  for (const candidate of shrinkFrame(frame)) {
    for (const simpler of [mendFrame(candidate), candidate]) {
      if (isSmaller(sizeOf(simpler), size)) yield { afterUs, frame: simpler };
    }
  }
}

/** The frame made right, cut, and zeroed in larger and smaller pieces. */
function* shrinkFrame(frame: Uint8Array): Generator<Uint8Array> {
  yield frame;
  const { length } = frame;
  for (const end of [ethernet.HEADER_LENGTH, 34, 42]) if (end < length) yield frame.subarray(0, end);
  for (let cut = length >> 1; cut > 0; cut >>= 1) yield frame.subarray(0, length - cut);
  for (let piece = length; piece > 1; piece >>= 1) {
    for (let at = 0; at < length; at += piece) yield zeroed(frame, at, at + piece);
  }
  for (let at = 0; at < Math.min(length, HEADERS); at++) yield zeroed(frame, at, at + 1);
}

function zeroed(frame: Uint8Array, at: number, end: number): Uint8Array {
  return frame.slice().fill(0, at, end);
}

/** What makes a frame large, the weightiest first: its length, what is wrong in it, how many bytes are not zero. */
function sizeOf(frame: Uint8Array): readonly number[] {
  return [frame.length, faultsOf(frame), frame.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)];
}

function isSmaller(size: readonly number[], other: readonly number[]): boolean {
  const first = size.findIndex((part, i) => part !== other[i]);
  return first >= 0 && size[first] < other[first];
}
