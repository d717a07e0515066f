import { expect } from '@jest/globals';
import { COUNT_STOCK, DESCRIPTOR_WORDS, OFFSET, TX_KEEP } from '@lunetta/core';
import type { LinkTest } from './link-test.js';
import type { Expectations, LinkUnderTest } from './link-under-test.js';
import { testFrame } from './test-frame.js';

/** Who owns a buffer when: stock, holding, lending, running out. */
export function ownershipTests(linkTest: LinkTest, expected: Expectations): void {
  linkTest('the stock is filled up in every poll, with buffers that nobody else has', async ({ stack, queue }) => {
    for (let round = 1; round <= 3; round++) {
      while (stack.takeBuffer() !== undefined);
      expect(stack.held.size).toBe(round * queue.stock.length);
      stack.poll();
      expect(queue.counts[COUNT_STOCK]).toBe(queue.stock.length);
    }
    stack.releaseAll();
    stack.poll();
  });

  linkTest('only what was taken out of the stock is replaced', async ({ stack, queue }) => {
    stack.takeBuffer();
    const left = [...queue.stock.subarray(0, queue.stock.length - 1)];
    stack.poll();
    expect([...queue.stock.subarray(0, queue.stock.length - 1)]).toEqual(left);
  });

  linkTest('buffers go round: many times the memory can be received', async (link) => {
    const rounds = Math.min(3 * link.queue.memory.bufferCount, 10_000);
    for (let tag = 0; tag < rounds; tag += 32) {
      for (let i = 0; i < 32; i++) await link.sendFromPeer(testFrame(60, tag + i));
      await link.received(32);
    }
    expect(link.refused()).toBe(0);
  });

  linkTest('a received buffer can be sent as it is', async (link) => {
    const { stack, queue } = link;
    stack.holds = true;
    const frame = testFrame(200, 9);
    await link.sendFromPeer(frame);
    await link.received(1);
    stack.holds = false;
    const [handle] = [...stack.held];
    stack.queueDescriptor(handle, queue.rx[OFFSET], frame.length);
    expect(await link.receivedByPeer(1)).toEqual([frame]);
    expect(stack.held.size).toBe(0);
  });

  linkTest('a lent buffer comes back in done, once, unchanged, and can be sent again', async (link) => {
    const { stack, queue } = link;
    const frame = testFrame(700, 3);
    const [handle] = (await link.send(frame, [], TX_KEEP)) as [number];
    for (let again = 0; again < 3; again++) {
      await link.receivedByPeer(1);
      await link.until(() => stack.lent.size === 0 || stack.poll() < 0, 'the lent buffer');
      expect([...stack.held]).toEqual([handle]);
      const at = queue.memory.bufferAt(handle) + queue.headroom;
      expect(queue.memory.bytes.slice(at, at + frame.length)).toEqual(frame);
      stack.queueDescriptor(handle, at, frame.length, TX_KEEP);
      stack.poll();
    }
    await link.receivedByPeer(1);
    await link.until(() => stack.lent.size === 0 || stack.poll() < 0, 'the lent buffer');
    expect(link.refused()).toBe(0);
  });

  linkTest('in a chain some segments are given and others lent', async (link) => {
    const { stack, queue } = link;
    const frame = testFrame(800, 4);
    const [header, payload] = stack.queueFrame(frame, [54]) as [number, number];
    queue.tx[DESCRIPTOR_WORDS + 3] |= TX_KEEP;
    expect(await link.receivedByPeer(1)).toEqual([frame]);
    await link.until(() => stack.lent.size === 0 || stack.poll() < 0, 'the lent segment');
    expect([...stack.held]).toEqual([payload]);
    expect(header).not.toBe(payload);
  });

  linkTest('what is not sent stays the stack’s, and all that is sent arrives or is counted', async (link) => {
    const { stack } = link;
    const before = link.port.statistics().txFrames + link.dropped();
    let offered = 0;
    for (let polls = 0; polls < 12; polls++) {
      while (stack.queueFrame(testFrame(60, offered))) offered++;
      stack.poll();
    }
    link.expectConserved();
    const accepted = offered - stack.queued;
    if (expected.exactFrames) expect(link.port.statistics().txFrames + link.dropped() - before).toBe(accepted);
    // The rest is still ours: it can be given back like any buffer.
    stack.queued = 0;
    stack.releaseAll();
    stack.poll();
    expect(link.refused()).toBe(0);
    if (expected.countsLosses) await link.receivedByPeer(link.port.statistics().txFrames);
  });

  linkTest('a stack that holds as much as it may still receives a whole burst', async (link) => {
    const { stack, queue } = link;
    stack.holds = true;
    await link.until(() => {
      while (stack.held.size < queue.holdLimit && stack.takeBuffer() !== undefined);
      stack.poll();
      return stack.held.size >= queue.holdLimit;
    }, `${queue.holdLimit} buffers to hold`);
    const burst = Math.min(queue.rx.length / DESCRIPTOR_WORDS, 64);
    for (let tag = 0; tag < burst; tag++) await link.sendFromPeer(testFrame(60, tag));
    expect(await link.received(burst)).toHaveLength(burst);
    stack.holds = false;
    stack.releaseAll();
  });

  linkTest(
    'when the stack holds everything nothing breaks, and what it gives back brings reception back',
    async (link) => {
      const { stack, queue } = link;
      takeEverything(link);
      const before = link.port.statistics();
      const droppedBefore = link.dropped();
      stack.holds = true;
      let sent = 0;
      for (let tag = 0; tag < 40; tag++) if (await link.peer.send(testFrame(60, tag))) sent++;
      await link.quiet();
      for (let polls = 0; polls < 10; polls++) stack.poll();
      link.expectConserved();
      if (expected.countsLosses) {
        const arrived = link.port.statistics().rxFrames - before.rxFrames;
        expect(arrived + link.dropped() - droppedBefore).toBe(sent);
      }
      stack.holds = false;
      stack.releaseAll();
      stack.poll();
      expect(queue.counts[COUNT_STOCK]).toBeGreaterThan(0);
      // Whatever waited may come now; then the new frame.
      const fresh = testFrame(300, 77);
      await link.sendFromPeer(fresh);
      await link.until(async () => {
        stack.poll();
        return stack.inbox.splice(0).some((frame) => Buffer.from(fresh).equals(frame));
      }, 'a frame after the drought');
    },
  );
}

function takeEverything({ stack }: LinkUnderTest): void {
  for (let before = -1; before !== stack.held.size;) {
    before = stack.held.size;
    while (stack.takeBuffer() !== undefined);
    stack.poll();
  }
}
