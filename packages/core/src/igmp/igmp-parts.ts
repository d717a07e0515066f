import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { IgmpLimits } from './igmp-limits.js';

/** What IGMP is made of on every interface. */
export interface IgmpParts {
  readonly time: StackTime;
  readonly timers: TimerWheel;
  readonly random: Random;
  readonly limits: IgmpLimits;
  /** See `IgmpCounter`. */
  readonly counters: Float64Array;
}

/** A moment chosen at random, within `withinUs` from now. */
export function randomMoment({ time, random }: IgmpParts, withinUs: number): number {
  return time.nowUs + 1 + ((random.int32() >>> 0) % Math.max(1, Math.floor(withinUs)));
}
