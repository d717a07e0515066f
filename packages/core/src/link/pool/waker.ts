import type { Scheduler } from '../../time/host.js';
import type { Wakeup } from '../link-driver.js';

/**
 * The wake-up of a queue, as {@link Wakeup} describes it: after `arm`, one call of `wake` in a later turn of the loop
 * once a frame is there.
 */
export class Waker {
  private armed = false;
  /** A turn has been asked for and has not run yet. It also serves whoever arms meanwhile. */
  private pending = false;
  private closed = false;
  private readonly deliver = (): void => {
    this.pending = false;
    if (!this.closed) this.wake();
  };

  constructor(
    private readonly wakeup: Wakeup,
    private readonly scheduler: Pick<Scheduler, 'nextTurn'>,
    private readonly wake: () => void,
  ) {}

  /**
   * Asks for one wake-up.
   *
   * @param waiting whether frames wait already
   * @returns false if there is none to be had
   */
  arm(waiting: boolean): boolean {
    if (this.wakeup === 'none' || this.closed) return false;
    this.armed = !this.pending;
    if (waiting && this.wakeup === 'level') this.arrived();
    return true;
  }

  /** A frame has arrived. */
  arrived(): void {
    if (!this.armed) return;
    this.armed = false;
    this.pending = true;
    this.scheduler.nextTurn(this.deliver);
  }

  /** No wake-up from now on. */
  close(): void {
    this.closed = true;
    this.armed = false;
  }
}
