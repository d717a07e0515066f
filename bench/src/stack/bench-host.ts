import { randomFillSync } from 'node:crypto';
import type { Clock, Random, ScheduledCall, Scheduler } from '@lunetta/core';

/** A host whose loop the bench turns by hand: one turn of the stack a call, with the system's clock. */
export class BenchHost {
  readonly clock: Clock = { nowUs: () => performance.now() * 1000 };
  readonly random: Random = { int32: () => randomFillSync(new Int32Array(1))[0] };
  readonly scheduler: Scheduler;
  private readonly turns: (() => void)[] = [];
  /** Callbacks that wait; the array keeps its length, so that a turn makes no garbage. */
  private waiting = 0;

  constructor() {
    this.scheduler = {
      nextTurn: (callback) => {
        this.turns[this.waiting++] = callback;
      },
      after: (): ScheduledCall => ({}), // in mode `busy` the loop never sleeps
      cancel: () => undefined,
      keepAlive: () => undefined,
    };
  }

  /** Runs the callback that has waited longest: the stack's turn asks for the next one. */
  turn(): void {
    const callback = this.turns[0];
    this.waiting--;
    this.turns.copyWithin(0, 1, this.waiting + 1);
    callback();
  }
}
