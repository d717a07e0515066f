import { performance } from 'node:perf_hooks';
import { SeededRandom, type Random, type ScheduledCall, type StackHost } from '@lunetta/core';

/** The machine's time and event loop, for stacks on real devices in tests; with randomness that a test can have again. */
export function machineHost(random: Random = new SeededRandom()): StackHost {
  return {
    random,
    clock: { nowUs: () => Math.floor(performance.now() * 1000) },
    scheduler: {
      nextTurn: (callback) => void setImmediate(callback),
      after: (delayUs, callback): ScheduledCall => setTimeout(callback, Math.ceil(delayUs / 1000)),
      cancel: (call) => clearTimeout(call as NodeJS.Timeout),
      keepAlive: () => undefined, // the test runner does
    },
  };
}
