import { expect } from '@jest/globals';
import { TX_KEEP } from '@lunetta/core';
import type { RawLinkTest } from './link-test.js';
import { testFrame } from './test-frame.js';

/** The end of a port. */
export function closingTests(rawLinkTest: RawLinkTest): void {
  rawLinkTest('with frames everywhere no buffer is missing', async (link) => {
    const { stack } = link;
    for (let tag = 0; tag < 20; tag++) await link.sendFromPeer(testFrame(200, tag));
    await link.received(5);
    for (let tag = 0; tag < 10; tag++) {
      stack.queueFrame(testFrame(200, tag));
      stack.queueFrame(testFrame(900, tag), [300], TX_KEEP);
    }
    stack.holds = true;
    stack.poll();
    for (let tag = 20; tag < 30; tag++) await link.sendFromPeer(testFrame(200, tag));
    // The far end is still there: what is on its way to us is ours to clear away.
    await link.closeClean('port');
  });

  rawLinkTest('right after it was opened', async (link) => {
    await link.closeClean();
  });

  rawLinkTest('what the stack kept shows as leaked', async (link) => {
    const { stack, queue } = link;
    const kept = [stack.takeBuffer(), stack.takeBuffer(), stack.takeBuffer()];
    expect(kept).not.toContain(undefined);
    await link.peer.close();
    await link.port.close();
    const { size, available, inUse, device } = queue.audit();
    expect({ inUse, device, rest: size - available }).toEqual({ inUse: 3, device: 0, rest: 3 });
  });

  rawLinkTest('twice, at once and after another, is once', async (link) => {
    await Promise.all([link.port.close(), link.port.close()]);
    await link.port.close();
    await link.closeClean();
  });

  rawLinkTest('afterwards poll does nothing, whatever stands in the arrays', async (link) => {
    const { stack, queue, port } = link;
    const handle = stack.takeBuffer() as number;
    stack.release(handle);
    await link.peer.close();
    await port.close();
    const before = { audit: queue.audit(), refused: port.statistics().refused };
    stack.freeAnyway(handle);
    stack.queueDescriptor(handle, queue.memory.bufferAt(handle), 60);
    for (const txCount of [0, 1, 1000, -1]) expect(queue.poll(txCount)).toBe(0);
    expect({ audit: queue.audit(), refused: port.statistics().refused }).toEqual(before);
    expect(stack.arm()).toBe(false);
  });

  rawLinkTest('afterwards nobody is called, though armed', async (link) => {
    const { stack } = link;
    stack.arm();
    await link.sendFromPeer(testFrame(60, 1));
    await link.port.close();
    const calls = { wakes: stack.wakes, events: stack.events.length };
    await link.quiet();
    expect({ wakes: stack.wakes, events: stack.events.length }).toEqual(calls);
    expect(stack.violations).toEqual([]);
  });
}
