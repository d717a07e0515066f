import { type Duration, durationUs } from './duration.js';
import { SeededRandom } from '@lunetta/core';
import { VIRTUAL_START_US, VirtualClock } from './virtual-clock.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** What a {@link VirtualHost} may be told. */
export interface VirtualHostOptions {
  /** The first moment in microseconds; {@link VIRTUAL_START_US} if not given. */
  readonly startUs?: number;
  /** Seed of the random numbers; 1 if not given. */
  readonly seed?: number;
  /** How many turns may run at one moment before that counts as an endless loop; a million if not given. */
  readonly turnLimit?: number;
}

/** All that a stack needs of its host, in virtual time: the same run every time, and hours in milliseconds. */
export class VirtualHost {
  readonly clock: VirtualClock;
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  private readonly turnLimit: number;
  private readonly errors: unknown[] = [];
  private running = false;

  constructor(options: VirtualHostOptions = {}) {
    this.clock = new VirtualClock(options.startUs ?? VIRTUAL_START_US);
    this.scheduler = new VirtualScheduler(this.clock);
    this.random = new SeededRandom(options.seed ?? 1);
    this.turnLimit = options.turnLimit ?? 1_000_000;
  }

  /**
   * Lets time pass: runs what is due, in order, jumping from deadline to deadline. Turns run at the moment at which
   * they were asked for, before time moves.
   *
   * @throws what a callback threw (an AggregateError if several did), once all the rest has run
   */
  advance(duration: Duration): void {
    const until = this.clock.nowUs() + durationUs(duration);
    this.run(() => {
      this.runTurns();
      for (let next = this.scheduler.nextTimerAt(); next <= until; next = this.scheduler.nextTimerAt()) {
        // A timer may be overdue: somebody moved the clock by hand.
        if (next > this.clock.nowUs()) this.clock.moveTo(next);
        this.call(this.scheduler.takeDueTimer());
        this.runTurns();
      }
      this.clock.moveTo(until);
    });
  }

  /**
   * Runs turns until there are none, without letting time pass. Timers due now run too.
   *
   * @throws as {@link advance}
   */
  settle(): void {
    this.advance(0);
  }

  private run(work: () => void): void {
    if (this.running) throw new Error('a callback of the virtual host cannot let time pass itself');
    this.running = true;
    try {
      work();
    } catch (error) {
      this.errors.push(error);
    } finally {
      this.running = false;
    }
    const errors = this.errors.splice(0);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} callbacks threw: ${errors.join('; ')}`);
  }

  private runTurns(): void {
    for (let turns = 0; this.scheduler.pendingTurns > 0; turns++) {
      if (turns >= this.turnLimit) {
        throw new Error(
          `${turns} turns of the loop ran at ${this.clock.nowUs()} us and more wait: something asks for the next turn ` +
            'in every turn (a stack that polls without ever sleeping?), so time cannot move',
        );
      }
      for (const callback of this.scheduler.takeTurn()) this.call(callback);
    }
  }

  private call(callback: (() => void) | undefined): void {
    try {
      callback?.();
    } catch (error) {
      this.errors.push(error);
    }
  }
}
