import { performance } from 'node:perf_hooks';
import type { ScheduledCall, Scheduler } from '@lunetta/core';

/** The longest delay that Node's timers take, in milliseconds; longer ones would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** What to add to `performance.now()` for the clock that Node's timers count the milliseconds of. */
const TIMER_CLOCK_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Node's event loop. The process stays alive while somebody holds it ({@link hold}, or {@link keepAlive}); turns and
 * timers do not keep it alive.
 */
export class NodeScheduler implements Scheduler {
  private holds = 0;
  private handle: NodeJS.Timeout | undefined = undefined;
  private isKeptAlive = false;

  /**
   * Without a hold the turn comes up to a millisecond later: Node's loop does not hurry for an immediate that is
   * not to keep the process alive (it may even sleep over it), so a short timer takes its place.
   */
  nextTurn(callback: () => void): void {
    if (this.holds > 0) setImmediate(callback);
    else setTimeout(callback, 1).unref();
  }

  /**
   * Node's timers count whole milliseconds of the system's clock: `1` means the next but one tick at worst, and the
   * next one, just now, at best. The delay is therefore counted in ticks, so that none comes early.
   */
  after(delayUs: number, callback: () => void): ScheduledCall {
    const nowMs = performance.now() + TIMER_CLOCK_MS;
    const ticks = Math.ceil(nowMs + delayUs / 1000) - Math.floor(nowMs);
    return setTimeout(callback, Math.min(ticks, LONGEST_MS)).unref();
  }

  cancel(call: ScheduledCall): void {
    clearTimeout(call as NodeJS.Timeout);
  }

  keepAlive(on: boolean): void {
    if (on === this.isKeptAlive) return;
    this.isKeptAlive = on;
    if (on) this.hold();
    else this.release();
  }

  /** Keeps the process alive until {@link release} was called as often. */
  hold(): void {
    if (this.holds++ === 0) this.handle = setInterval(stayAlive, LONGEST_MS);
  }

  /** Takes back one {@link hold}. */
  release(): void {
    if (--this.holds > 0) return;
    clearInterval(this.handle);
    this.handle = undefined;
  }
}

/** The handle alone keeps the process alive; there is nothing to do. */
function stayAlive(): void {}
