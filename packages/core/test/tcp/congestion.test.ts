import { describe, expect, test } from '@jest/globals';
import type { CongestionControl } from '../../src/tcp/congestion/congestion-control.js';
import { Cubic } from '../../src/tcp/congestion/cubic.js';
import { NewReno } from '../../src/tcp/congestion/new-reno.js';

const MSS = 1000;
const RTT_US = 100_000;

/** A path that acknowledges every window a round trip later, a segment at a time. */
class Path {
  nowUs = 0;
  private una = 0;

  constructor(readonly control: CongestionControl) {}

  /** Lets round trips pass; `rttUs` is what they show. */
  rounds(count: number, rttUs = RTT_US): number {
    const { control } = this;
    for (let round = 0; round < count; round++) {
      this.nowUs += rttUs;
      const next = this.una + control.window;
      for (let segments = Math.floor(control.window / MSS); segments > 0; segments--) {
        this.una += MSS;
        control.acknowledged(MSS, rttUs, this.una, next, this.nowUs);
      }
    }
    return Math.round(control.window / MSS);
  }

  /** A loss, and the recovery from it. */
  lose(): void {
    this.control.congested(this.control.window, this.nowUs);
    this.control.window = this.control.threshold;
  }
}

describe('NewReno (RFC 5681, MUST-19)', () => {
  test('doubles in slow start, halves for a loss, then grows by one segment in a round trip', () => {
    const path = new Path(new NewReno(MSS, 10 * MSS));
    expect(path.rounds(1)).toBe(20);
    expect(path.rounds(2)).toBe(80);
    path.lose();
    expect(path.rounds(0)).toBe(40);
    expect(path.rounds(1)).toBe(41);
    expect(path.rounds(10)).toBe(51);
  });

  test('counts an acknowledgment of many segments in slow start as two (RFC 3465)', () => {
    const control = new NewReno(MSS, 10 * MSS);
    control.acknowledged(8 * MSS);
    expect(control.window).toBe(12 * MSS);
  });

  test('a timeout leaves one segment, and slow start up to half of what was in flight', () => {
    const path = new Path(new NewReno(MSS, 64 * MSS));
    path.control.timedOut(64 * MSS, 0);
    expect(path.rounds(0)).toBe(1);
    expect(path.rounds(5)).toBe(32);
    expect(path.rounds(1)).toBe(33);
  });

  test('never goes below two segments for a loss', () => {
    const control = new NewReno(MSS, 2 * MSS);
    control.congested(MSS);
    expect(control.threshold).toBe(2 * MSS);
  });
});

describe('CUBIC (RFC 9438)', () => {
  /** K for a window of so many segments, in round trips: when it is there again. */
  function roundsBack(segments: number): number {
    return Math.round((Math.cbrt((segments * 0.3) / 0.4) * 1e6) / RTT_US);
  }

  /** Just after a loss at a window of so many segments. */
  function pathAfterLoss(segments: number): Path {
    const path = new Path(new Cubic(MSS, segments * MSS));
    path.lose();
    return path;
  }

  test('a loss leaves 70 %', () => {
    expect(pathAfterLoss(1000).rounds(0)).toBe(700);
  });

  test('is back where it was after K, fast at first, slowly near to it, and fast again beyond', () => {
    const path = pathAfterLoss(1000);
    const k = roundsBack(1000);
    const windows = [path.rounds(0)];
    for (let round = 0; round < 2 * k; round++) windows.push(path.rounds(1));
    expect(windows[k]).toBeGreaterThan(990);
    expect(windows[k]).toBeLessThan(1010);
    const growth = (from: number, to: number): number => windows[to] - windows[from];
    const tenth = Math.round(k / 10);
    expect(growth(0, tenth)).toBeGreaterThan(10 * growth(k - tenth, k));
    expect(growth(2 * k - tenth, 2 * k)).toBeGreaterThan(10 * growth(k, k + tenth));
  });

  test('where Reno would have more it has as much as Reno', () => {
    const path = pathAfterLoss(10);
    // Reno with these numbers grows by 3 * 0.3 / 1.7 of a segment in a round trip until it is at 10 again.
    const before = path.rounds(0);
    const after = path.rounds(6);
    expect(before).toBe(7);
    expect(after).toBe(10);
  });

  test('a second loss before it is back makes room for others: fast convergence', () => {
    const path = pathAfterLoss(1000);
    path.lose(); // at 700
    const k = Math.round((Math.cbrt((700 * 0.85 - 490) / 0.4) * 1e6) / RTT_US);
    expect(path.rounds(k)).toBeLessThan(605);
    expect(path.rounds(0)).toBeGreaterThan(590);
  });

  test('what turns out to be no loss is undone', () => {
    const path = new Path(new Cubic(MSS, 1000 * MSS));
    path.lose();
    path.control.window = 1000 * MSS;
    path.control.threshold = 0x7fffffff;
    path.control.undone();
    expect(path.rounds(1)).toBeGreaterThan(1400); // slow start, as before
  });

  test('time without sending is no time', () => {
    const [busy, idle] = [pathAfterLoss(1000), pathAfterLoss(1000)];
    busy.rounds(5);
    idle.rounds(5);
    idle.nowUs += 60e6;
    idle.control.restarted(60e6);
    expect(idle.rounds(1)).toBe(busy.rounds(1));
  });
});

describe('HyStart++ (RFC 9406)', () => {
  test('as long as round trips stay the same slow start doubles', () => {
    const path = new Path(new Cubic(MSS, 10 * MSS));
    expect(path.rounds(2)).toBe(40);
    expect(path.control.threshold).toBe(0x7fffffff);
  });

  test('longer ones slow it down to a quarter, and after five rounds it is over', () => {
    const path = new Path(new Cubic(MSS, 10 * MSS));
    path.rounds(3);
    const before = path.rounds(1, 1.2 * RTT_US);
    const after = path.rounds(1, 1.2 * RTT_US);
    expect(after / before).toBeLessThan(1.3);
    path.rounds(5, 1.2 * RTT_US);
    expect(path.control.threshold).toBeLessThan(0x7fffffff);
  });

  test('unless they get shorter again', () => {
    const path = new Path(new Cubic(MSS, 10 * MSS));
    path.rounds(3);
    path.rounds(1, 1.2 * RTT_US);
    path.rounds(1);
    const before = path.rounds(1);
    expect(path.rounds(1) / before).toBeGreaterThan(1.7);
    path.rounds(4);
    expect(path.control.threshold).toBe(0x7fffffff);
  });
});
