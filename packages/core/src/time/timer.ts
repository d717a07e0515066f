/**
 * A call at a later time, made once and armed as often as needed: arming and cancelling make no garbage. Only the
 * {@link TimerWheel} that it is armed in touches the fields below.
 */
export class Timer {
  /** @internal When it is due, microseconds. */
  deadlineUs = 0;
  /** @internal Position in the wheel: `level * SLOTS + slot`; -1 while not armed. */
  position = -1;
  /** @internal Neighbours in the slot's list. */
  next: Timer | null = null;
  previous: Timer | null = null;

  /** @param expire called by {@link TimerWheel.advance} when the timer is due; it may arm the timer again */
  constructor(readonly expire: () => void) {}

  /** True between `arm` and expiry or `cancel`. */
  get isArmed(): boolean {
    return this.position >= 0;
  }
}
