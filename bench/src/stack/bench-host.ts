import { randomFillSync } from 'node:crypto';
import type { Clock, Random, ScheduledCall, Scheduler } from '@lunetta/core';

/** A host whose loop the bench turns by hand: one turn of the stack a call, with the system's clock. */
export class BenchHost {
  readonly clock: Clock = { nowUs: () => performance.now() * 1000 };
  readonly random: Random = { int32: () => randomFillSync(new Int32Array(1))[0] };
  readonly scheduler: Scheduler;
  private turns: (() => void)[] = [];
  private spare: (() => void)[] = [];

  constructor() {
    this.scheduler = {
      nextTurn: (callback) => void this.turns.push(callback),
      after: (): ScheduledCall => ({}), // in mode `busy` the loop never sleeps
      cancel: () => undefined,
      keepAlive: () => undefined,
    };
  }

  /** Runs what waits for the next turn. */
  turn(): void {
    const { turns } = this;
    this.turns = this.spare;
    for (let i = 0; i < turns.length; i++) turns[i]();
    turns.length = 0;
    this.spare = turns;
  }
}
