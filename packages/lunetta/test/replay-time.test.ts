import { afterAll, describe, expect, test } from '@jest/globals';
import { createStack } from 'lunetta';
import { ReplayClock } from '../src/node/replay-time.js';
import { driverSource, Project } from './support/driver-package.js';

describe("a capture's clock", () => {
  const at = (realUs: number, factor: number) => {
    const real = { now: 5_000, nowUs: () => real.now };
    const clock = new ReplayClock(factor, real);
    clock.begin(1_000_000);
    real.now += realUs;
    return clock;
  };

  test('stands still until it is moved', () => {
    const clock = at(1e9, 1);
    expect(clock.nowUs()).toBe(1_000_000);
    expect(clock.advanceTo(1_000_500)).toBe(true);
    expect(clock.nowUs()).toBe(1_000_500);
  });

  test.each([
    [1, 500, 500],
    [10, 50, 500],
    [0.5, 1000, 500],
  ])('at factor %d, %d us of the machine are %d of its own', (factor, realUs, ownUs) => {
    expect(at(realUs, factor).advanceTo(1_000_000 + ownUs)).toBe(true);
    const early = at(realUs, factor);
    expect(early.advanceTo(1_000_000 + ownUs + 100)).toBe(false);
    expect(early.nowUs()).toBe(1_000_000);
    expect(early.waitUs(1_000_000 + ownUs + 100)).toBeCloseTo(100 / factor);
  });

  test('as fast as possible nothing is too early', () => {
    expect(at(0, Infinity).advanceTo(1e15)).toBe(true);
  });

  test('does not go back', () => {
    const clock = at(0, Infinity);
    clock.advanceTo(2_000_000);
    expect(clock.advanceTo(1_500_000)).toBe(true);
    expect(clock.nowUs()).toBe(2_000_000);
  });
});

describe('the one time of a stack', () => {
  const project = new Project();
  afterAll(() => project.remove());

  /** A driver that opens nothing: the configuration is refused before. */
  function driver(name: string, timeFactor: string): string {
    const schema = "{ '~standard': { validate: (value) => ({ value }) } }";
    const open = "async () => { throw new Error('opened') }";
    project.addPackage(
      name,
      driverSource(`{ name: '${name}', apiVersion: 1, optionsSchema: ${schema}, open: ${open}${timeFactor} }`),
    );
    return name;
  }

  const iface = (name: string, driverName: string) => ({ name, driver: driverName, addresses: ['10.0.0.1/24'] });
  const start = (config: Parameters<typeof createStack>[0]) => createStack(config, { from: project.folder });

  test('interfaces of different times do not go together', async () => {
    const fast = driver('acme-fast', ', timeFactor: () => Infinity');
    const slow = driver('acme-slow', ', timeFactor: () => 0.5');
    const live = driver('acme-live', '');
    await expect(start({ interfaces: [iface('a', fast), iface('b', slow)] })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CONFIG',
      message:
        "configuration: the interfaces 'a' and 'b' live in different times (as fast as possible, 0.5 times as recorded). " +
        "A stack has one clock: give them the same 'clock' option, or a stack each",
    });
    await expect(start({ interfaces: [iface('a', live), iface('b', slow)] })).rejects.toThrow(
      "(the machine's, 0.5 times",
    );
    await expect(start({ interfaces: [iface('a', fast), iface('b', fast)] })).rejects.toThrow('opened');
  });

  test('a seed is for replays only', async () => {
    const live = driver('acme-live', '');
    await expect(start({ seed: 5, interfaces: [iface('a', live)] })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CONFIG',
      message: expect.stringContaining('seed: only for a stack that replays captures'),
    });
  });
});
