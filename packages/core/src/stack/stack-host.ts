import type { StackCounters } from './counters.js';
import type { Clock, Random, Scheduler } from '../time/host.js';

/** What a stack is made of beside its links. */
export interface StackHost {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Called with every stack that is made on this host, so that a test can close and check them. */
  readonly onStack?: ((stack: MadeStack) => void) | undefined;
}

/** What a host can do with a stack that was made on it. */
export interface MadeStack {
  close(): Promise<void>;
  counters(): StackCounters;
}
