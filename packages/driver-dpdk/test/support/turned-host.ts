import { SeededRandom, type Clock, type ScheduledCall, type Scheduler, type StackHost } from '@lunetta/core';

/** A host whose loop a test turns by hand, in the machine's time. */
export class TurnedHost implements StackHost {
  readonly clock: Clock = { nowUs: () => performance.now() * 1000 };
  readonly random = new SeededRandom(1);
  private turns: (() => void)[] = [];
  readonly scheduler: Scheduler = {
    nextTurn: (callback) => void this.turns.push(callback),
    after: (): ScheduledCall => ({}), // in mode `busy` the loop never sleeps
    cancel: () => undefined,
    keepAlive: () => undefined,
  };

  /** Runs what waits for the next turn. */
  turn(): void {
    const turns = this.turns;
    this.turns = [];
    for (const each of turns) each();
  }
}
