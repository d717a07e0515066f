import type { ScheduledCall, Scheduler } from '@lunetta/core';
import type { VirtualClock } from './virtual-clock.js';

interface Timer {
  readonly dueUs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A deterministic event loop: turns run in the order asked for, timers by time and then by the order asked for.
 * Nothing runs by itself; {@link VirtualHost} drives it.
 */
export class VirtualScheduler implements Scheduler {
  /** The last value given to {@link keepAlive}; false at first. */
  keptAlive = false;
  private turns: (() => void)[] = [];
  /** Sorted by `dueUs`, then `order`; those before `first` have run: a `shift` of many is slow where many are due at once. */
  private timers: Timer[] = [];
  private first = 0;
  private timersMade = 0;

  constructor(private readonly clock: VirtualClock) {}

  nextTurn(callback: () => void): void {
    this.turns.push(callback);
  }

  after(delayUs: number, callback: () => void): ScheduledCall {
    if (!(delayUs >= 0)) throw new RangeError(`a delay of ${delayUs} us`);
    const timer: Timer = { dueUs: this.clock.nowUs() + delayUs, order: this.timersMade++, callback };
    this.timers.splice(this.placeOf(timer), 0, timer);
    return timer;
  }

  cancel(call: ScheduledCall): void {
    const timer = call as Timer;
    const place = this.placeOf(timer);
    if (this.timers[place] === timer) this.timers.splice(place, 1);
  }

  keepAlive(on: boolean): void {
    this.keptAlive = on;
  }

  /** When the next timer is due in microseconds, Infinity if there is none. */
  nextTimerAt(): number {
    return this.timers[this.first]?.dueUs ?? Infinity;
  }

  /** Number of timers that wait. */
  get pendingTimers(): number {
    return this.timers.length - this.first;
  }

  /** Number of turns that wait. */
  get pendingTurns(): number {
    return this.turns.length;
  }

  /** Takes out the callbacks of the next turn; those that they ask for belong to the turn after it. */
  takeTurn(): readonly (() => void)[] {
    const taken = this.turns;
    this.turns = [];
    return taken;
  }

  /** Takes out the first timer if it is due now. */
  takeDueTimer(): (() => void) | undefined {
    if (this.nextTimerAt() > this.clock.nowUs()) return undefined;
    const { callback } = this.timers[this.first++];
    if (2 * this.first > this.timers.length) {
      this.timers = this.timers.slice(this.first);
      this.first = 0;
    }
    return callback;
  }

  /** Index of `timer`, or where it would be inserted. */
  private placeOf(timer: Timer): number {
    let low = this.first;
    let high = this.timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.timers[middle];
      if (other.dueUs < timer.dueUs || (other.dueUs === timer.dueUs && other.order < timer.order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
