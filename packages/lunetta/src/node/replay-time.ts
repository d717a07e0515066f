import type { Clock, ScheduledCall } from '@lunetta/core';
import { NodeScheduler } from './node-scheduler.js';

/**
 * The time of a capture: stands still while the stack works, and goes on when nothing is left to do and the moment has
 * come. What happens at which moment is therefore the same in every run, however fast time passes.
 */
export class ReplayClock implements Clock {
  private now = 0;
  private beginUs = 0;
  private realBeginUs = 0;

  /**
   * @param factor seconds of this time that pass in a second; Infinity: as fast as the stack can work
   * @param real the clock of the machine
   */
  constructor(
    readonly factor: number,
    private readonly real: Clock,
  ) {}

  /** Sets the first moment, from which on time passes. */
  begin(us: number): void {
    this.now = us;
    this.beginUs = us;
    this.realBeginUs = this.real.nowUs();
  }

  nowUs(): number {
    return this.now;
  }

  advanceTo(us: number): boolean {
    if (us <= this.now) return true;
    if (this.waitUs(us) > 0) return false;
    this.now = us;
    return true;
  }

  /** Microseconds of the machine's time until `us` may come. */
  waitUs(us: number): number {
    if (this.factor === Infinity) return 0;
    return Math.max(0, this.realBeginUs + (us - this.beginUs) / this.factor - this.real.nowUs());
  }
}

/** Node's event loop for a stack in the time of a capture: delays are of that time. */
export class ReplayScheduler extends NodeScheduler {
  constructor(private readonly clock: ReplayClock) {
    super();
  }

  override after(delayUs: number, callback: () => void): ScheduledCall {
    const { clock } = this;
    // As fast as possible: the poll loop goes on by itself; what still waits, waits for the machine.
    const waitUs = clock.factor === Infinity ? delayUs : clock.waitUs(clock.nowUs() + delayUs);
    return super.after(waitUs, callback);
  }
}
