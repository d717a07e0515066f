import { describe, expect, test } from '@jest/globals';
import { durationUs, SeededRandom, VIRTUAL_START_US, VirtualHost, type Duration } from '@lunetta/testkit';

describe('virtual host', () => {
  test('time starts just below 2^31 us and moves by exactly what it is told', () => {
    const host = new VirtualHost();
    expect(host.clock.nowUs()).toBe(2 ** 31 - 1_000_000);
    host.advance('2s');
    expect(host.clock.nowUs()).toBe(2 ** 31 + 1_000_000);
  });

  test('timers run at their own moment, by time and then in the order asked for', () => {
    const host = new VirtualHost();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${host.clock.nowUs() - VIRTUAL_START_US}`);
    host.scheduler.after(30, note('late'));
    host.scheduler.after(10, note('first'));
    host.scheduler.after(10, note('second'));
    host.scheduler.after(10, () => host.scheduler.after(5, note('nested')));
    host.advance('20us');
    expect(ran).toEqual(['first@10', 'second@10', 'nested@15']);
    host.advance(10);
    expect(ran.at(-1)).toBe('late@30');
  });

  test('turns run before time moves, and a timer asked for in them is not missed', () => {
    const host = new VirtualHost();
    const ran: string[] = [];
    host.scheduler.nextTurn(() => {
      ran.push('turn');
      host.scheduler.after(1, () => ran.push('timer'));
      host.scheduler.nextTurn(() => ran.push(`next turn, ${host.clock.nowUs() - VIRTUAL_START_US} us later`));
    });
    expect(ran).toEqual([]);
    host.advance(1);
    expect(ran).toEqual(['turn', 'next turn, 0 us later', 'timer']);
  });

  test('settle runs turns without letting time pass', () => {
    const host = new VirtualHost();
    let turns = 0;
    let fired = false;
    host.scheduler.after(1, () => (fired = true));
    host.scheduler.nextTurn(() => {
      turns++;
      host.scheduler.nextTurn(() => turns++);
    });
    host.settle();
    expect({ turns, fired, moved: host.clock.nowUs() - VIRTUAL_START_US }).toEqual({
      turns: 2,
      fired: false,
      moved: 0,
    });
    host.advance(1);
    expect(fired).toBe(true);
  });

  test('a cancelled call does not run, whenever it is cancelled', () => {
    const host = new VirtualHost();
    const ran: number[] = [];
    const calls = [1, 2, 3].map((n) => host.scheduler.after(10, () => ran.push(n)));
    host.scheduler.cancel(calls[1]);
    host.advance(10);
    host.scheduler.cancel(calls[0]);
    expect(ran).toEqual([1, 3]);
    expect(host.scheduler.pendingTimers).toBe(0);
  });

  test('what callbacks throw comes out at the end, none lost and nothing skipped', () => {
    const host = new VirtualHost();
    const ran: string[] = [];
    host.scheduler.nextTurn(() => {
      throw new Error('one');
    });
    host.scheduler.after(5, () => {
      throw new Error('two');
    });
    host.scheduler.after(6, () => ran.push('rest'));
    let thrown: unknown;
    try {
      host.advance(10);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as AggregateError).errors.map(String)).toEqual(['Error: one', 'Error: two']);
    expect(ran).toEqual(['rest']);
    expect(host.clock.nowUs() - VIRTUAL_START_US).toBe(10);
    host.advance(1);
  });

  test('a loop of turns without end is told, not waited for', () => {
    const host = new VirtualHost({ turnLimit: 1000 });
    const again = () => host.scheduler.nextTurn(again);
    again();
    expect(() => host.settle()).toThrow(/1000 turns .* asks for the next turn/);
  });

  test('a callback cannot let time pass', () => {
    const host = new VirtualHost();
    host.scheduler.nextTurn(() => host.advance(1));
    expect(() => host.settle()).toThrow(/cannot let time pass/);
  });

  test('keepAlive is recorded', () => {
    const { scheduler } = new VirtualHost();
    scheduler.keepAlive(true);
    expect(scheduler.keptAlive).toBe(true);
  });
});

describe('durations', () => {
  test.each([
    [7, 7],
    ['10us', 10],
    ['250ms', 250_000],
    ['1.5s', 1_500_000],
    ['5min', 300e6],
    ['2h', 7200e6],
  ] as [Duration, number][])('%s is %d us', (duration, us) => expect(durationUs(duration)).toBe(us));

  test.each([-1, NaN, Infinity, '5', 's', '-1s', '1 s'])('%s is refused', (duration) => {
    expect(() => durationUs(duration as Duration)).toThrow(/is not a duration/);
  });
});

describe('seeded random', () => {
  test('the same seed gives the same numbers, another one others', () => {
    const take = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 5 }, () => random.int32());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(7)).not.toEqual(take(7 + 2 ** 32));
    for (const n of take(7)) expect(n).toBe(n | 0);
  });

  test('numbers below a limit are even, chances come true as often as they say', () => {
    const random = new SeededRandom(42);
    const seen = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) seen[random.below(6)]++;
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    let hits = 0;
    for (let i = 0; i < 10_000; i++) if (random.chance(0.25)) hits++;
    expect(Math.abs(hits - 2500)).toBeLessThan(200);
    expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
  });
});
