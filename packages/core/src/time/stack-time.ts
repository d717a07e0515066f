import type { Clock } from './host.js';

/**
 * The stack's one time: the clock is read once a poll, and everything that happens in that poll happens at that moment
 * (a call of the system's clock costs 50 ns).
 */
export class StackTime {
  /** In a typed array: a field would take a new heap number for every poll. */
  private readonly now: Float64Array;

  /** True if the clock stands still while the stack works, until {@link advanceTo}. */
  readonly isStepped: boolean;

  constructor(private readonly clock: Clock) {
    this.isStepped = clock.advanceTo !== undefined;
    this.now = Float64Array.of(clock.nowUs());
  }

  /** Microseconds; never goes back. */
  get nowUs(): number {
    return this.now[0];
  }

  /** Reads the clock. */
  update(): void {
    const now = this.clock.nowUs();
    if (now > this.now[0]) this.now[0] = now;
  }

  /** Moves a clock that waits for the stack on to `us`; false if it is too early, or if it is no such clock. */
  advanceTo(us: number): boolean {
    return this.clock.advanceTo !== undefined && this.clock.advanceTo(us);
  }
}
