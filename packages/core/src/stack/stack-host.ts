import type { Clock, Random, Scheduler } from '../time/host.js';

/** What a stack is made of beside its links. */
export interface StackHost {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
}
