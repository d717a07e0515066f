import type { Clock } from './host.js';

/**
 * The stack's one time: the clock is read once a poll, and everything that happens in that poll happens at that moment
 * (a call of the system's clock costs 50 ns).
 */
export class StackTime {
  /** Microseconds; never goes back. */
  nowUs: number;

  constructor(private readonly clock: Clock) {
    this.nowUs = clock.nowUs();
  }

  /** Reads the clock. */
  update(): number {
    const now = this.clock.nowUs();
    if (now > this.nowUs) this.nowUs = now;
    return this.nowUs;
  }
}
