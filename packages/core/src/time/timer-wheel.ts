import type { Timer } from './timer.js';

/** In `times`: the moment up to which all is done. */
const NOW = 0;
/** In `times`: nothing is to be done before this moment. */
const DUE = 1;

/** Each level has 32 slots (one bit each in an integer), each slot of level n spans 32^n microseconds. */
const BITS = 5;
const SLOTS = 1 << BITS;
/** 32^10 us are 35 years; what is due later waits in the last level and is looked at again. */
const LEVELS = 10;

/**
 * A hierarchical timer wheel (Varghese and Lauck, 1987) in microseconds: arm, cancel and the next deadline cost the
 * same whatever the number of timers. A timer moves down a level when the time reaches the slot it stands in, and
 * expires at its exact microsecond; timers of one microsecond expire in the order in which they reached the last level.
 */
export class TimerWheel {
  private readonly slots: (Timer | null)[] = new Array<Timer | null>(LEVELS * SLOTS).fill(null);
  /** Per level, a bit for every slot that holds timers. */
  private readonly occupied = new Int32Array(LEVELS);
  private readonly span = Float64Array.from({ length: LEVELS }, (_, level) => SLOTS ** level);
  private armedCount = 0;
  /** {@link NOW} and {@link DUE}, in a typed array: fields would take a new heap number for every change. */
  private readonly times: Float64Array;

  /** @param nowUs the time at which the wheel starts */
  constructor(nowUs: number) {
    this.times = Float64Array.of(Math.floor(nowUs), Infinity);
  }

  /** Number of armed timers. */
  get size(): number {
    return this.armedCount;
  }

  /** Arms `timer` for `deadlineUs` (rounded up), or moves it there; the past means the next `advance`. */
  arm(timer: Timer, deadlineUs: number): void {
    this.cancel(timer);
    timer.deadlineUs = Math.max(Math.ceil(deadlineUs), this.times[NOW] + 1);
    this.insert(timer);
    this.armedCount++;
  }

  /** Takes `timer` out; one that is not armed stays so. */
  cancel(timer: Timer): void {
    if (timer.position < 0) return;
    this.unlink(timer);
    this.armedCount--;
  }

  /**
   * Not later than the next expiry: exact within the last 32 us before it, else the start of the slot that holds it.
   * Infinity if nothing is armed.
   */
  nextUs(): number {
    if (this.armedCount === 0) return Infinity;
    let earliest = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      const start = this.nextSlotUs(level);
      if (start < earliest) earliest = start;
    }
    return earliest;
  }

  /** Not later than the next expiry, and known at once; it may be earlier than {@link nextUs}. Infinity if nothing is armed. */
  get dueUs(): number {
    return this.times[DUE];
  }

  /** True if {@link advance} has something to do at `nowUs`. */
  isDue(nowUs: number): boolean {
    return nowUs >= this.times[DUE];
  }

  /** Moves the time to `nowUs` and expires what is due, in the order of the deadlines. */
  advance(nowUs: number): void {
    const { times } = this;
    nowUs = Math.floor(nowUs);
    let next = this.nextUs();
    for (; next <= nowUs; next = this.nextUs()) {
      times[NOW] = next;
      this.expireAt(next);
    }
    times[DUE] = next;
    if (nowUs > times[NOW]) times[NOW] = nowUs;
  }

  /** Brings every slot that starts at `us` one or more levels down, then expires those that are due now. */
  private expireAt(us: number): void {
    for (let level = LEVELS - 1; level > 0; level--) {
      const span = this.span[level];
      if (us % span !== 0) continue;
      const position = level * SLOTS + (Math.floor(us / span) & (SLOTS - 1));
      for (let timer = this.slots[position]!; timer !== null; timer = this.slots[position]!) {
        this.unlink(timer);
        this.insert(timer);
      }
    }
    const position = us % SLOTS;
    for (let timer = this.slots[position]!; timer !== null; timer = this.slots[position]!) {
      this.unlink(timer);
      this.armedCount--;
      timer.expire();
    }
  }

  /** When the next occupied slot of a level starts. */
  private nextSlotUs(level: number): number {
    const bits = this.occupied[level];
    if (bits === 0) return Infinity;
    const span = this.span[level];
    const index = Math.floor(this.times[NOW] / span);
    // Rotate so that bit 0 is the slot after the current one: the current slot itself comes round last.
    const shift = (index + 1) & (SLOTS - 1);
    const rotated = (bits >>> shift) | (bits << (SLOTS - shift));
    const ahead = 31 - Math.clz32(rotated & -rotated);
    return (index + 1 + ahead) * span;
  }

  private insert(timer: Timer): void {
    // A timer goes to the level whose slots first tell its deadline from now: within 32 slots of the current one.
    const now = this.times[NOW];
    let level = 0;
    let index = timer.deadlineUs;
    while (level < LEVELS - 1 && index - Math.floor(now / this.span[level]) >= SLOTS) {
      level++;
      index = Math.floor(timer.deadlineUs / this.span[level]);
    }
    // Only in the last level may a deadline lie further ahead: it waits in the furthest slot.
    index = Math.min(index, Math.floor(now / this.span[level]) + SLOTS - 1);
    this.times[DUE] = Math.min(this.times[DUE], index * this.span[level]);
    this.link(timer, level, index & (SLOTS - 1));
  }

  private link(timer: Timer, level: number, slot: number): void {
    const position = level * SLOTS + slot;
    const head = this.slots[position]!;
    timer.position = position;
    this.occupied[level] |= 1 << slot;
    if (head === null) {
      timer.next = null;
      timer.previous = timer; // the first one's `previous` is the last: appending keeps the order of arming
      this.slots[position] = timer;
      return;
    }
    const last = head.previous!;
    last.next = timer;
    timer.previous = last;
    timer.next = null;
    head.previous = timer;
  }

  private unlink(timer: Timer): void {
    const { position, next, previous } = timer;
    const head = this.slots[position]!;
    if (head === timer) {
      this.slots[position] = next;
      if (next !== null) next.previous = previous;
      else this.occupied[position >>> BITS] &= ~(1 << (position & (SLOTS - 1)));
    } else {
      previous!.next = next;
      if (next !== null) next.previous = previous;
      else head.previous = previous;
    }
    timer.position = -1;
    timer.next = null;
    timer.previous = null;
  }
}
