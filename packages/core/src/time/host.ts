/**
 * What the stack needs of the world beside its links: time, turns of an event loop, random numbers. They come by
 * constructor: Node's in production (`lunetta`), virtual ones in tests (`@lunetta/testkit`).
 */

/** Time that never goes back. */
export interface Clock {
  /** Microseconds since any fixed moment. */
  nowUs(): number;
  /**
   * Of a clock that stands still while the stack works (a capture's time, `LinkDriver.timeFactor`): moves to `us`, a
   * later moment, unless it is too early for that. The poll loop calls it when nothing is left to do before `us`.
   *
   * @returns whether the clock stands at `us` or later now
   */
  advanceTo?(us: number): boolean;
}

/** A pending {@link Scheduler.after}, for {@link Scheduler.cancel}. */
export type ScheduledCall = object;

/** The event loop of the host. No call runs its callback before it returns. */
export interface Scheduler {
  /** Runs `callback` in the next turn of the loop, after the I/O that is pending. */
  nextTurn(callback: () => void): void;
  /** Runs `callback` once, `delayUs` microseconds from now or later. */
  after(delayUs: number, callback: () => void): ScheduledCall;
  /** Takes back a pending call; one that has run already is ignored. */
  cancel(call: ScheduledCall): void;
  /**
   * Whether the process is to stay alive although nothing else keeps it: true while sockets are open. Neither pending
   * calls nor open ports keep it alive.
   */
  keepAlive(on: boolean): void;
}

/** Random numbers: unguessable in production, seeded in tests. */
export interface Random {
  /** 32 random bits as a signed integer. */
  int32(): number;
}
