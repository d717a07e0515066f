import { describe, expect, test } from '@jest/globals';
import type { LinkPort } from '@lunetta/core';
import {
  countFrames,
  createMemoryCable,
  type FaultOptions,
  FaultyPort,
  LinkTally,
  type LinkFixture,
  type MemoryCableOptions,
  PortFarEnd,
  SeededRandom,
  TestStack,
  VirtualHost,
} from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';

function open(wrap: (port: LinkPort) => LinkPort, options: MemoryCableOptions = {}): LinkFixture {
  const cable = createMemoryCable({ buffers: 1024, inFlight: 256, txCapacity: 64, stock: 32, ...options });
  return {
    port: wrap(cable.a),
    peer: new PortFarEnd(cable.b),
    setLinkState: (state) => cable.setLinkState(state),
    remove: () => cable.remove('a'),
    destroy: () => undefined,
  };
}

describeLinkDriver('memory, counted', {
  countsLosses: true,
  open: () => open((port) => countFrames(port, new LinkTally()), { sharedMemory: true }),
});
describeLinkDriver('memory, without faults', {
  countsLosses: true,
  open: () => open((port) => new FaultyPort(port, { random: new SeededRandom(1) }), { wakeup: 'level' }),
});
describeLinkDriver('memory, without faults, chains, counted outside and inside', {
  countsLosses: true,
  receivesChains: true,
  open: () => {
    const counted = (port: LinkPort): LinkPort => countFrames(port, new LinkTally());
    const faultless = (port: LinkPort): LinkPort => new FaultyPort(port, { random: new SeededRandom(1) });
    return open((port) => counted(faultless(counted(port))), { segmentSize: 256, keepPolls: 1 });
  },
});

const FRAMES = 2000;

/** Sends numbered frames through faults. @returns what came, and both ends */
function through(faults: Omit<FaultOptions, 'random'>, frameLength = 64, options: MemoryCableOptions = {}) {
  const { scheduler } = new VirtualHost();
  const cable = createMemoryCable({ scheduler, ...options });
  const port = new FaultyPort(cable.a, { random: new SeededRandom(5), ...faults });
  const stack = new TestStack(port);
  const peer = new PortFarEnd(cable.b);
  stack.poll();
  for (let tag = 0; tag < FRAMES; tag++) {
    const frame = new Uint8Array(frameLength).fill(7);
    new DataView(frame.buffer).setUint32(0, tag);
    peer.send(frame);
    if (tag % 10 === 9) stack.poll();
  }
  while (stack.poll() > 0);
  const numbers = stack.inbox.map((frame) => new DataView(frame.buffer).getUint32(0));
  return { port, stack, peer, numbers };
}

async function closeClean({ port, stack, peer }: ReturnType<typeof through>): Promise<void> {
  await peer.close();
  stack.releaseAll();
  await port.close();
  const audit = port.queue(0).audit();
  expect(audit).toEqual({ size: audit.size, available: audit.size, inUse: 0, device: 0 });
}

const all = Array.from({ length: FRAMES }, (_, i) => i);

describe('fault injection', () => {
  test('loses as many frames as it is to, and says so', async () => {
    const run = through({ loss: 0.1 });
    expect(run.numbers).toHaveLength(FRAMES - run.port.faults.lost);
    expect(run.port.faults.lost).toBeGreaterThan(150);
    expect(run.port.faults.lost).toBeLessThan(250);
    expect(run.numbers).toEqual([...run.numbers].sort((a, b) => a - b));
    const statistics = run.port.statistics();
    expect(statistics.rxFrames).toBe(run.numbers.length);
    expect(statistics.dropped['faultLost']).toBe(run.port.faults.lost);
    await closeClean(run);
  });

  test('shows frames twice, the copy right behind the frame', async () => {
    const run = through({ duplication: 0.1 });
    expect(run.port.faults.duplicated).toBeGreaterThan(150);
    expect(run.numbers).toHaveLength(FRAMES + run.port.faults.duplicated);
    expect([...new Set(run.numbers)]).toEqual(all);
    for (const [i, number] of run.numbers.entries()) if (i > 0) expect(number - run.numbers[i - 1]).toBeLessThan(2);
    expect(run.port.statistics().rxFrames).toBe(run.numbers.length);
    await closeClean(run);
  });

  test('shows frames late, by three others at most, and loses none', async () => {
    const run = through({ reordering: 0.1 });
    expect(run.port.faults.reordered).toBeGreaterThan(100);
    expect(run.numbers).not.toEqual(all);
    expect([...run.numbers].sort((a, b) => a - b)).toEqual(all);
    for (const [place, number] of run.numbers.entries()) expect(Math.abs(place - number)).toBeLessThanOrEqual(3);
    await closeClean(run);
  });

  test('a late frame waits for others, and comes at once when there are none', () => {
    const { scheduler } = new VirtualHost();
    const cable = createMemoryCable({ scheduler });
    const port = new FaultyPort(cable.a, { random: new SeededRandom(5), reordering: 1 });
    const stack = new TestStack(port);
    const peer = new PortFarEnd(cable.b);
    peer.send(new Uint8Array(60));
    expect(stack.poll()).toBe(1);
    for (let frames = 0; frames < 5; frames++) peer.send(new Uint8Array(60));
    const shown = stack.poll();
    const held = 5 - shown;
    expect(held).toBe(1);
    expect(port.queue(0).audit()).toMatchObject({ device: held, inUse: port.queue(0).stock.length + shown });
    expect(stack.poll()).toBe(held);
  });

  test('changes one bit of a frame', async () => {
    const run = through({ corruption: 1 }, 600, { segmentSize: 256 });
    expect(run.port.faults.corrupted).toBe(FRAMES);
    for (const [tag, frame] of run.stack.inbox.entries()) {
      const sent = new Uint8Array(600).fill(7);
      new DataView(sent.buffer).setUint32(0, tag);
      const flipped = sent.reduce((bits, byte, i) => bits + ones(byte ^ frame[i]), 0);
      expect(flipped).toBe(1);
    }
    await closeClean(run);
  });

  test.each([
    ['copied', {}],
    ['by handle', { sharedMemory: true }],
    ['in chains', { segmentSize: 256 }],
  ])('everything at once loses no buffer: %s', async (_name, options) => {
    const run = through({ loss: 0.3, duplication: 0.5, reordering: 0.3, corruption: 0.3 }, 700, options);
    expect(run.numbers).toHaveLength(FRAMES - run.port.faults.lost + run.port.faults.duplicated);
    await closeClean(run);
  });

  test('the same seed makes the same faults', () => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1 };
    expect(through(faults).numbers).toEqual(through(faults).numbers);
  });

  test('what is not a probability is refused', () => {
    const { a } = createMemoryCable();
    expect(() => new FaultyPort(a, { random: new SeededRandom(), loss: 1.5 })).toThrow(/loss is 1.5; give 0 to 1/);
  });
});

test('the tally counts what passed, chains as one frame', () => {
  const { scheduler } = new VirtualHost();
  const cable = createMemoryCable({ scheduler, segmentSize: 256 });
  const tally = new LinkTally();
  const stack = new TestStack(countFrames(cable.a, tally));
  const peer = new PortFarEnd(cable.b);
  stack.poll();
  stack.queueFrame(new Uint8Array(600), [100, 200]);
  stack.poll();
  peer.send(new Uint8Array(700));
  peer.send(new Uint8Array(60));
  stack.poll();
  expect(tally).toEqual({ rxFrames: 2, rxBytes: 760, txFrames: 1, txBytes: 600, busyPolls: 2, polls: 3 });
});

function ones(bits: number): number {
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}
