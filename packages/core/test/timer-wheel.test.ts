import { describe, expect, test } from '@jest/globals';
import { Timer, TimerWheel } from '@lunetta/core';
import { SeededRandom } from '@lunetta/testkit';
import fc from 'fast-check';

const START = 2 ** 31 - 1000; // crosses the edge of int32 at once
const YEARS_40_US = 40 * 365 * 86_400 * 1e6;

describe('a timer', () => {
  test('expires at its microsecond, not before, and once', () => {
    const wheel = new TimerWheel(START);
    let expired = 0;
    const timer = new Timer(() => expired++);
    wheel.arm(timer, START + 1_000_000);
    expect(timer.isArmed).toBe(true);
    wheel.advance(START + 999_999);
    expect(expired).toBe(0);
    wheel.advance(START + 1_000_000);
    expect([expired, timer.isArmed, wheel.size]).toEqual([1, false, 0]);
    wheel.advance(START + 9_000_000);
    expect(expired).toBe(1);
  });

  test('armed for the past expires with the next advance; a fraction is rounded up', () => {
    const wheel = new TimerWheel(START);
    let expired = 0;
    const timer = new Timer(() => expired++);
    wheel.arm(timer, START - 50);
    wheel.advance(START + 1);
    wheel.arm(timer, START + 5.1);
    wheel.advance(START + 5.9);
    expect(expired).toBe(1);
    wheel.advance(START + 6);
    expect(expired).toBe(2);
  });

  test('armed again moves; cancelled stays silent; cancelled twice is cancelled once', () => {
    const wheel = new TimerWheel(START);
    let expired = 0;
    const timer = new Timer(() => expired++);
    wheel.arm(timer, START + 10);
    wheel.arm(timer, START + 100_000);
    expect(wheel.size).toBe(1);
    wheel.advance(START + 50_000);
    expect(expired).toBe(0);
    wheel.cancel(timer);
    wheel.cancel(timer);
    wheel.advance(START + 1e6);
    expect([expired, wheel.size, wheel.nextUs()]).toEqual([0, 0, Infinity]);
  });

  test('may arm itself and cancel others of its own microsecond in its expiry', () => {
    const wheel = new TimerWheel(START);
    let ticks = 0;
    const victim = new Timer(() => expect('cancelled').toBe('not expired'));
    const ticker: Timer = new Timer(() => {
      ticks++;
      wheel.cancel(victim);
      if (ticks < 100) wheel.arm(ticker, START + 7 * (ticks + 1));
    });
    wheel.arm(ticker, START + 7);
    wheel.arm(victim, START + 7);
    wheel.advance(START + 1000);
    expect(ticks).toBe(100);
  });

  test('that is never due (Infinity) neither expires nor hangs the wheel', () => {
    const wheel = new TimerWheel(START);
    const timer = new Timer(() => expect('expired').toBe('never'));
    wheel.arm(timer, Infinity);
    wheel.advance(START + YEARS_40_US);
    expect(timer.isArmed).toBe(true);
  });
});

test('forty years of ten thousand timers expire in order', () => {
  const random = new SeededRandom(11);
  const wheel = new TimerWheel(START);
  const expired: number[] = [];
  const deadlines = Array.from({ length: 10_000 }, () => {
    const deadline = START + 1 + Math.floor(YEARS_40_US * (random.below(1e6) / 1e6) ** 8);
    wheel.arm(new Timer(() => expired.push(deadline)), deadline);
    return deadline;
  });
  wheel.advance(START + YEARS_40_US);
  expect(expired).toEqual([...deadlines].sort((a, b) => a - b));
});

/** The wheel as it should be: a list. */
class Model {
  private readonly armed = new Map<number, number>();
  constructor(private nowUs: number) {}

  arm(id: number, deadlineUs: number): void {
    this.armed.set(id, Math.max(Math.ceil(deadlineUs), this.nowUs + 1));
  }

  cancel(id: number): void {
    this.armed.delete(id);
  }

  next(): number {
    return Math.min(Infinity, ...this.armed.values());
  }

  get size(): number {
    return this.armed.size;
  }

  /** What expires until `us`, with the time of each; those that re-arm do so `again` microseconds later, once. */
  advance(us: number, again: ReadonlyMap<number, number>): string[] {
    const expired: string[] = [];
    const rearmed = new Set<number>();
    for (let next = this.next(); next <= us; next = this.next()) {
      this.nowUs = next;
      const due = [...this.armed].filter(([, deadline]) => deadline === next).map(([id]) => id);
      for (const id of due) {
        this.armed.delete(id);
        expired.push(`${id}@${next}`);
        const after = again.get(id);
        if (after !== undefined && !rearmed.has(id)) this.arm(id, next + after);
        if (after !== undefined) rearmed.add(id);
      }
    }
    this.nowUs = us;
    return expired;
  }
}

const DELAY = fc.oneof(
  fc.integer({ min: -5, max: 70 }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.double({ min: 0, max: 1e7, noNaN: true }),
  fc.integer({ min: 0, max: YEARS_40_US }),
  fc.integer({ min: 0, max: 10 }).map((level) => 32 ** level),
);
const STEP = fc.oneof(
  fc.record({ do: fc.constant('arm' as const), id: fc.nat(11), us: DELAY }),
  fc.record({ do: fc.constant('cancel' as const), id: fc.nat(11), us: fc.constant(0) }),
  fc.record({ do: fc.constant('advance' as const), id: fc.nat(11), us: DELAY.map(Math.abs) }),
);

test('does what a list of deadlines would do, whatever is armed, cancelled and re-armed in whatever order', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 60 }), fc.integer({ min: 0, max: 2 ** 40 }), (steps, startUs) => {
      const wheel = new TimerWheel(startUs);
      const model = new Model(startUs);
      let now = startUs;
      let expired: string[] = [];
      let expiring = 0;
      const again = new Map<number, number>();
      const rearmed = new Set<number>();
      const timers = Array.from({ length: 12 }, (_, id): Timer => {
        return new Timer(() => {
          const due = timers[id].deadlineUs;
          expect(due).toBeGreaterThanOrEqual(expiring);
          expiring = due;
          expired.push(`${id}@${due}`);
          const after = again.get(id);
          if (after !== undefined && !rearmed.has(id)) {
            rearmed.add(id);
            wheel.arm(timers[id], due + after);
          }
        });
      });
      for (const step of steps) {
        if (step.do === 'arm') {
          wheel.arm(timers[step.id], now + step.us);
          model.arm(step.id, now + step.us);
        } else if (step.do === 'cancel') {
          wheel.cancel(timers[step.id]);
          model.cancel(step.id);
        } else {
          again.clear();
          again.set(step.id, step.us / 3);
          rearmed.clear();
          expired = [];
          now = Math.floor(now + step.us);
          wheel.advance(now);
          expect([...expired].sort()).toEqual(model.advance(now, again).sort());
        }
        expect(wheel.size).toBe(model.size);
        expect(wheel.nextUs()).toBeLessThanOrEqual(model.next());
        if (model.size > 0) expect(wheel.nextUs()).toBeGreaterThan(now - 1);
      }
    }),
    { numRuns: 400 },
  );
});

test('following nextUs alone reaches every deadline on time, in few steps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: YEARS_40_US }), { minLength: 1, maxLength: 20 }), (delays) => {
      const wheel = new TimerWheel(START);
      const late: number[] = [];
      let now = START;
      for (const delay of delays) {
        wheel.arm(new Timer(() => now !== START + delay && late.push(delay)), START + delay);
      }
      let steps = 0;
      while (wheel.size > 0) {
        now = wheel.nextUs();
        wheel.advance(now);
        expect(++steps).toBeLessThan(delays.length * 24);
      }
      expect(late).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
