import { expect } from '@jest/globals';
import { COUNT_FREE, FLAGS, LENGTH, MORE, OFFSET } from '@lunetta/core';
import type { LinkTest } from './link-test.js';
import type { LinkUnderTest } from './link-under-test.js';
import { testFrame } from './test-frame.js';

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/** A stack with a bug: refused, counted, no harm done. */
export function misuseTests(linkTest: LinkTest): void {
  linkTest('a buffer returned twice in one poll', async (link) => {
    const handle = link.stack.takeBuffer() as number;
    link.stack.release(handle);
    link.stack.freeAnyway(handle);
    expectRefused(link, 1);
  });

  linkTest('a buffer returned again later', async (link) => {
    const handle = link.stack.takeBuffer() as number;
    link.stack.release(handle);
    // No poll between: after one, the buffer may be the stack's again.
    link.stack.freeAnyway(handle);
    link.stack.freeAnyway(handle);
    expectRefused(link, 2);
  });

  linkTest('a buffer returned after it was sent', async (link) => {
    const [handle] = link.stack.queueFrame(testFrame(60, 1)) as [number];
    link.stack.freeAnyway(handle);
    // Step 1 of poll takes it back, so that step 2 finds a frame that is not the stack's.
    expectRefused(link, 1);
  });

  linkTest('handles that do not exist', async (link) => {
    const wrong = [-1, link.queue.memory.bufferCount, INT32_MAX, INT32_MIN];
    for (const handle of wrong) link.stack.freeAnyway(handle);
    expectRefused(link, wrong.length);
    for (const handle of wrong) link.stack.queueDescriptor(handle, 0, 60);
    expectRefused(link, wrong.length);
  });

  linkTest('a count of returned buffers that cannot be', async (link) => {
    for (const count of [-1, link.queue.free.length + 1, INT32_MAX, INT32_MIN]) {
      link.queue.counts[COUNT_FREE] = count;
      expectRefused(link, 1);
    }
  });

  linkTest('a frame queued twice in one poll', async (link) => {
    const { stack, queue } = link;
    const frame = testFrame(60, 2);
    const [handle] = stack.queueFrame(frame) as [number];
    stack.queueDescriptor(handle, queue.tx[OFFSET], frame.length);
    expectRefused(link, 1);
    expect(await link.receivedByPeer(1)).toEqual([link.onWire(frame)]);
  });

  linkTest('one buffer twice in a chain', async (link) => {
    const { stack, queue } = link;
    const [handle] = stack.queueFrame(testFrame(600, 2)) as [number];
    const at = queue.tx[OFFSET];
    queue.tx[FLAGS] |= MORE;
    stack.queueDescriptor(handle, at, 100);
    expectRefused(link, 1);
  });

  linkTest('segments that start or end outside their buffer', async (link) => {
    const { stack, queue } = link;
    const { memory } = queue;
    const wrong: readonly ((at: number) => readonly [offset: number, length: number])[] = [
      (at) => [at - 1, 60],
      (at) => [at + memory.bufferSize, 60],
      (at) => [at + memory.bufferSize - 59, 60],
      (at) => [at, memory.bufferSize + 1],
      (at) => [at, 0],
      (at) => [at, -1],
      (at) => [at, INT32_MAX],
      (at) => [at, INT32_MIN],
      (at) => [at + 100, INT32_MAX],
      () => [-1, 60],
      () => [INT32_MIN, 60],
      () => [INT32_MAX, 60],
      () => [memory.buffer.byteLength, 60],
      () => [INT32_MAX, INT32_MAX],
    ];
    for (const place of wrong) {
      const [handle] = stack.queueFrame(testFrame(60, 1)) as [number];
      const [offset, length] = place(memory.bufferAt(handle));
      queue.tx[OFFSET] = offset;
      queue.tx[LENGTH] = length;
      expectRefused(link, 1);
    }
  });

  linkTest('a segment in the buffer of another handle', async (link) => {
    const { stack, queue } = link;
    const mine = stack.takeBuffer() as number;
    const other = stack.takeBuffer() as number;
    stack.queueDescriptor(mine, queue.memory.bufferAt(other) + queue.headroom, 60);
    expectRefused(link, 1);
    stack.release(other);
    stack.poll();
    expectRefused(link, 0);
  });

  linkTest('a chain that does not end', async (link) => {
    const { stack, queue } = link;
    stack.queueFrame(testFrame(600, 1), [300]);
    queue.tx[8 + FLAGS] |= MORE;
    expectRefused(link, 1);
  });

  linkTest('a chain with one wrong segment is refused whole, and its neighbours are sent', async (link) => {
    const { stack, queue } = link;
    const good = [testFrame(100, 1), testFrame(101, 2)] as const;
    stack.queueFrame(good[0]);
    stack.queueFrame(testFrame(900, 3), [300, 600]);
    stack.queueFrame(good[1]);
    queue.tx[2 * 8 + LENGTH] = -5;
    expectRefused(link, 1);
    expect(await link.receivedByPeer(2)).toEqual(good);
  });

  linkTest('a number of descriptors that cannot be', async (link) => {
    const { queue } = link;
    const before = link.refused();
    const wrong = [-1, queue.tx.length / 8 + 1, INT32_MAX, INT32_MIN, NaN, Infinity];
    for (const txCount of wrong) expect(queue.poll(txCount)).toBe(0);
    expect(link.refused()).toBeGreaterThan(before);
    link.expectConserved();
  });
}

/** Polls once and expects everything queued to be taken off the stack's hands, so many refusals, and no buffer lost. */
function expectRefused(link: LinkUnderTest, atLeast: number): void {
  const { stack } = link;
  const before = link.refused();
  stack.poll();
  expect(stack.queued).toBe(0);
  if (atLeast === 0) expect(link.refused()).toBe(before);
  else expect(link.refused() - before).toBeGreaterThanOrEqual(atLeast);
  link.expectConserved();
}
