import type { Clock } from '@lunetta/core';

/** Where virtual time starts: one second below 2^31 us, so that every test of a few seconds crosses the edge of int32. */
export const VIRTUAL_START_US = 2 ** 31 - 1_000_000;

/** A clock that moves only when it is told to. */
export class VirtualClock implements Clock {
  private now: number;

  /** @param startUs the first moment, in microseconds */
  constructor(startUs: number = VIRTUAL_START_US) {
    this.now = startUs;
  }

  nowUs(): number {
    return this.now;
  }

  /**
   * Jumps to a later moment.
   *
   * @throws RangeError if `nowUs` lies in the past: time never goes back
   */
  moveTo(nowUs: number): void {
    if (!(nowUs >= this.now)) throw new RangeError(`virtual time cannot go from ${this.now} us to ${nowUs} us`);
    this.now = nowUs;
  }
}
