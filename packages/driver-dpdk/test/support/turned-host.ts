import { SeededRandom, type Clock, type ScheduledCall, type Scheduler, type StackHost } from '@lunetta/core';

/** A host whose loop and clock a test turns by hand. */
export class TurnedHost implements StackHost {
  private nowUs = 1e6;
  readonly clock: Clock = { nowUs: () => this.nowUs };
  readonly random = new SeededRandom(1);
  private turns: (() => void)[] = [];
  readonly scheduler: Scheduler = {
    nextTurn: (callback) => void this.turns.push(callback),
    after: (): ScheduledCall => ({}), // in mode `busy` the loop never sleeps
    cancel: () => undefined,
    keepAlive: () => undefined,
  };

  /** @param turnUs how long a turn takes */
  constructor(private readonly turnUs: number) {}

  /** Runs what waits for the next turn. */
  turn(): void {
    this.nowUs += this.turnUs;
    const turns = this.turns;
    this.turns = [];
    for (const each of turns) each();
  }

  /** Turns until this has come to its end. */
  async turnUntil(end: Promise<void>): Promise<void> {
    let over = false;
    const ending = end.finally(() => (over = true));
    while (!over) {
      this.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ending;
  }
}
