import { setImmediate } from 'node:timers';
import { SeededRandom, type MadeStack } from '@lunetta/core';
import { keepStack } from '../leaks/keep-stack.js';
import { keep } from '../leaks/kept-things.js';
import { type Duration, durationUs } from './duration.js';
import { VIRTUAL_START_US, VirtualClock } from './virtual-clock.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** What a {@link VirtualHost} may be told. */
export interface VirtualHostOptions {
  /** The first moment in microseconds; {@link VIRTUAL_START_US} if not given. */
  readonly startUs?: number;
  /** Seed of the random numbers; 1 if not given. */
  readonly seed?: number;
  /** How many turns, and how many timers, may run at one moment before that counts as an endless loop; a million if not given. */
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
    keep({ role: 'host', close: () => this.settle(), faults: () => this.leftTimers() });
  }

  /** Called by every stack that is made on this host. */
  onStack(stack: MadeStack): void {
    keepStack(stack);
  }

  /**
   * Lets time pass: runs what is due, in order, jumping from deadline to deadline. Turns run at the moment at which
   * they were asked for, before time moves. Code that awaits runs only after it: {@link advanceAsync} is for that.
   *
   * @throws what a callback threw (an AggregateError if several did), once all the rest has run
   */
  advance(duration: Duration): void {
    const steps = this.steps(this.clock.nowUs() + durationUs(duration));
    while (steps.next().done !== true);
  }

  /**
   * As {@link advance}; before time moves, all code runs on that awaits something that has happened by then, as far as it
   * comes without the operating system.
   *
   * @throws (rejects) as {@link advance}
   */
  async advanceAsync(duration: Duration): Promise<void> {
    const steps = this.steps(this.clock.nowUs() + durationUs(duration));
    // A turn of the real loop comes when no promise has anything left to run.
    while (steps.next().done !== true) await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  /**
   * Runs turns until there are none, without letting time pass. Timers due now run too.
   *
   * @throws as {@link advance}
   */
  settle(): void {
    this.advance(0);
  }

  /** Whether time passes just now: the caller is a callback, or runs while {@link advanceAsync} waits. */
  get isRunning(): boolean {
    return this.running;
  }

  private leftTimers(): string[] {
    const { pendingTimers } = this.scheduler;
    if (pendingTimers === 0) return [];
    const inMs = (this.scheduler.nextTimerAt() - this.clock.nowUs()) / 1000;
    return [`timers left on the virtual host: ${pendingTimers}, the first of them due in ${inMs} ms`];
  }

  /** Goes on until `untilUs`, pausing after all that happens at one moment. */
  private *steps(untilUs: number): Generator<undefined, void> {
    if (this.running) throw new Error('a callback of the virtual host cannot let time pass itself');
    this.running = true;
    try {
      yield* this.events(untilUs);
    } catch (error) {
      this.errors.push(error);
    } finally {
      this.running = false;
    }
    const errors = this.errors.splice(0);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} callbacks threw: ${errors.join('; ')}`);
  }

  private *events(untilUs: number): Generator<undefined, void> {
    const { clock, scheduler } = this;
    for (;;) {
      do {
        this.runMoment();
        yield;
      } while (scheduler.pendingTurns > 0 || scheduler.nextTimerAt() <= clock.nowUs());
      const next = scheduler.nextTimerAt();
      if (next > untilUs) break;
      clock.moveTo(next);
    }
    clock.moveTo(untilUs);
  }

  /** Runs what is due now: after every timer the turns that it has asked for. */
  private runMoment(): void {
    this.runTurns();
    for (let timers = 0; this.scheduler.nextTimerAt() <= this.clock.nowUs(); timers++) {
      if (timers >= this.turnLimit) throw this.stuck(`${timers} timers`, 'a timer without delay in every timer');
      this.call(this.scheduler.takeDueTimer());
      this.runTurns();
    }
  }

  private runTurns(): void {
    for (let turns = 0; this.scheduler.pendingTurns > 0; turns++) {
      if (turns >= this.turnLimit) {
        throw this.stuck(`${turns} turns`, 'the next turn in every turn (a stack that polls without ever sleeping?)');
      }
      for (const callback of this.scheduler.takeTurn()) this.call(callback);
    }
  }

  private stuck(ran: string, asked: string): Error {
    const now = this.clock.nowUs();
    return new Error(
      `${ran} of the loop ran at ${now} us and more wait: something asks for ${asked}, so time cannot move`,
    );
  }

  private call(callback: (() => void) | undefined): void {
    try {
      callback?.();
    } catch (error) {
      this.errors.push(error);
    }
  }
}
