import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { NodeClock, NodeRandom, NodeScheduler } from 'lunetta';

// Processes are started, which on a busy machine takes its time.
jest.setTimeout(60_000);

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** Runs a module in a process of its own, on the built package; its output. It must end by itself. */
function runAlone(source: string): string {
  const head =
    "import { NodeClock, NodeScheduler } from 'lunetta';\nconst s = new NodeScheduler(); const c = new NodeClock();\n";
  return execFileSync(process.execPath, ['--input-type=module', '-e', head + source], {
    cwd: PACKAGE,
    encoding: 'utf8',
    timeout: 20_000,
  });
}

describe('NodeClock', () => {
  test('counts whole microseconds and never goes back', () => {
    const clock = new NodeClock();
    let last = clock.nowUs();
    for (let i = 0; i < 10_000; i++) {
      const now = clock.nowUs();
      expect(Number.isInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });
});

describe('NodeRandom', () => {
  test('gives 32 signed bits, each of them set about half of the time, and no number again', () => {
    const random = new NodeRandom();
    const set = new Array<number>(32).fill(0);
    const seen = new Set<number>();
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const value = random.int32();
      expect(value | 0).toBe(value);
      seen.add(value);
      for (let bit = 0; bit < 32; bit++) set[bit] += (value >>> bit) & 1;
    }
    // 8 standard deviations of a fair coin; and of 2^32 numbers some few may come twice.
    for (const count of set) expect(Math.abs(count - draws / 2)).toBeLessThan(8 * Math.sqrt(draws / 4));
    expect(seen.size).toBeGreaterThan(draws - 20);
  });
});

describe('NodeScheduler', () => {
  test.each([true, false])('turns run in order, none before the call returns (kept alive: %s)', async (on) => {
    const scheduler = new NodeScheduler();
    scheduler.keepAlive(on);
    const ran: number[] = [];
    const done = new Promise<void>((resolve) => {
      scheduler.nextTurn(() => ran.push(1));
      scheduler.nextTurn(() => {
        ran.push(2);
        resolve();
      });
    });
    expect(ran).toEqual([]);
    await done;
    scheduler.keepAlive(false);
    expect(ran).toEqual([1, 2]);
  });

  test('no timer comes early, also below a millisecond', async () => {
    const scheduler = new NodeScheduler();
    const clock = new NodeClock();
    const early: number[] = [];
    for (let i = 0; i < 200; i++) {
      const delayUs = [0, 1, 500, 999, 1000, 1001, 2500, 3000][i % 8];
      const begin = clock.nowUs();
      await new Promise<void>((resolve) => void scheduler.after(delayUs, resolve));
      const missingUs = begin + delayUs - clock.nowUs();
      if (missingUs > 0) early.push(missingUs);
    }
    expect(early).toEqual([]);
  });

  test('a timer taken back does not come; taking back one that has come does nothing', async () => {
    const scheduler = new NodeScheduler();
    const ran: string[] = [];
    scheduler.cancel(scheduler.after(100, () => ran.push('taken back')));
    const kept = await new Promise<object>((resolve) => {
      const call = scheduler.after(5000, () => resolve(call));
    });
    scheduler.cancel(kept);
    expect(ran).toEqual([]);
  });

  test('neither turns nor timers keep the process alive', () => {
    const source = "const turn = () => s.nextTurn(turn); turn(); s.after(1e10, turn); console.log('end');";
    expect(runAlone(source)).toBe('end\n');
  });

  test('keepAlive(true) does, with turns and timers going on, until keepAlive(false)', () => {
    expect(
      runAlone(`s.keepAlive(true); s.keepAlive(true);
        s.after(30_000, () => { console.log('timer'); s.nextTurn(() => { console.log('turn'); s.keepAlive(false); }); });`),
    ).toBe('timer\nturn\n');
  });

  test('a delay longer than Node can count does not come at once', () => {
    expect(
      runAlone(`s.keepAlive(true); s.after(1e15, () => console.log('too early'));
        s.after(20_000, () => { console.log('end'); s.keepAlive(false); });`),
    ).toBe('end\n');
  });

  test('without a hold turns still come soon while something else keeps the process alive', () => {
    const tookMs = runAlone(`let turns = 0; const begin = c.nowUs(); const other = setInterval(() => {}, 60_000);
      const turn = () => { if (++turns < 20) return s.nextTurn(turn); clearInterval(other); console.log((c.nowUs() - begin) / 1000); };
      s.nextTurn(turn);`);
    expect(Number(tookMs)).toBeLessThan(1000); // and not a minute, the time until that something else
  });
});
