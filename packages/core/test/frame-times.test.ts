import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stack, macAddress, type Clock, type LinkQueue, type PingResult } from '@lunetta/core';
import {
  createMemoryCable,
  ethernet,
  SeededRandom,
  TestStack,
  VirtualClock,
  VirtualScheduler,
  WrappedPort,
  WrappedQueue,
} from '@lunetta/testkit';

const START_US = 1_700_000_000e6;
const ENDS = { src: '10.0.0.2', dst: '10.0.0.1' };
const MACS = { src: '02:00:00:00:00:02', dst: '02:00:00:00:00:01' };

/** A clock as that of a capture: moves when the stack asks, but not beyond `limitUs`. */
class SteppedClock implements Clock {
  private readonly clock = new VirtualClock(START_US);
  limitUs = Infinity;
  readonly steps: number[] = [];

  nowUs(): number {
    return this.clock.nowUs();
  }

  advanceTo(us: number): boolean {
    if (us > this.limitUs) return false;
    this.steps.push(us - START_US);
    if (us > this.nowUs()) this.clock.moveTo(us);
    return true;
  }
}

/** A queue whose frames come at times written beforehand; `feed` brings the next one. */
class TimedQueue extends WrappedQueue {
  override readonly nextFrameAt = (): number => START_US + (this.times[0] ?? Infinity);

  constructor(
    inner: LinkQueue,
    private readonly clock: Clock,
    private readonly times: number[],
    private readonly feed: () => void,
  ) {
    super(inner);
  }

  override poll(txCount: number): number {
    for (; this.nextFrameAt() <= this.clock.nowUs(); this.times.shift()) this.feed();
    return super.poll(txCount);
  }

  override arm(): boolean {
    return false;
  }
}

describe('frames that have times of their own', () => {
  let clock: SteppedClock;
  let scheduler: VirtualScheduler;
  let stack: Stack;
  let far: TestStack;
  let cameAt: number[];

  beforeEach(() => {
    clock = new SteppedClock();
    scheduler = new VirtualScheduler(new VirtualClock(0));
    cameAt = [];
  });
  afterEach(async () => {
    const closing = stack.close();
    for (let i = 0; i < 100; i++) {
      runTurns(1);
      await Promise.resolve();
    }
    await closing;
    expect(stack.counters().interfaces[0].buffers).toMatchObject({ inUse: 0, device: 0 });
  });

  function start(times: number[]): void {
    const cable = createMemoryCable({ scheduler });
    far = new TestStack(cable.b);
    far.poll();
    const frame = ethernet(MACS).ipv4(ENDS).udp({ srcPort: 9, dstPort: 7 }).payload(Uint8Array.of(1)).bytes();
    const feed = (): void => {
      far.queueFrame(frame);
      far.poll();
    };
    stack = new Stack({ clock, scheduler, random: new SeededRandom() });
    const port = new WrappedPort(cable.a, (inner) => new TimedQueue(inner, clock, times, feed));
    const hardwareAddress = macAddress.parse(MACS.dst)!;
    stack.addInterface(port, { name: 'timed', addresses: ['10.0.0.1/24'], hardwareAddress });
    const socket = stack.udp.open();
    socket.onDatagram = () => cameAt.push(clock.nowUs() - START_US);
    socket.bind({ port: 7 });
  }

  function runTurns(most: number): void {
    for (let i = 0; i < most && scheduler.pendingTurns > 0; i++) for (const turn of scheduler.takeTurn()) turn();
  }

  test('each is worked on at its own time, as fast as the loop turns', () => {
    start([1, 10, 10, 1_000_000, 86_400e6]);
    runTurns(1000);
    expect(cameAt).toEqual([1, 10, 10, 1_000_000, 86_400e6]);
    expect(scheduler.pendingTurns).toBe(0);
  });

  test('a timer that is due between two frames runs between them, at its deadline', () => {
    start([1, 5e6]);
    const results: [PingResult, number][] = [];
    stack.ping('10.0.0.77', { timeoutMs: 1500 }, (result) => results.push([result, clock.nowUs() - START_US]));
    runTurns(1000);
    expect(results).toEqual([[{ error: 'ETIMEDOUT' }, 1_500_000]]);
    expect(cameAt).toEqual([1, 5e6]);
    for (let i = 1; i < clock.steps.length; i++) expect(clock.steps[i]).toBeGreaterThanOrEqual(clock.steps[i - 1]);
  });

  test('after the last one time stands still, whatever timers wait', () => {
    start([1, 100]);
    stack.ping('10.0.0.77', { timeoutMs: 1500 }, () => cameAt.push(-1));
    runTurns(1000);
    expect(cameAt).toEqual([1, 100]);
    expect(clock.nowUs()).toBe(START_US + 100);
    expect(scheduler.pendingTurns).toBe(0);
  });

  test('a clock that says it is too early is asked again when the time has passed', () => {
    start([1, 2_000, 3_000]);
    clock.limitUs = START_US + 1;
    runTurns(1000);
    expect(cameAt).toEqual([1]);
    expect(scheduler.pendingTurns).toBe(0);
    expect(scheduler.nextTimerAt()).toBe(1_999);
  });
});
