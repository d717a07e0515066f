import { expect } from '@jest/globals';
import type { LinkTest } from './link-test.js';
import type { LinkUnderTest } from './link-under-test.js';
import { isTestFrame, testFrame } from './test-frame.js';

/** How a sleeping stack is woken. A driver that cannot says so and passes. */
export function wakeUpTests(linkTest: LinkTest): void {
  linkTest('arm says whether there will be a wake-up', async ({ queue, stack }) => {
    expect(stack.arm()).toBe(queue.wakeup !== 'none');
  });

  linkTest('a frame wakes whoever has armed', async (link) => {
    if (!armed(link)) return;
    await link.sendFromPeer(testFrame(60, 1));
    await link.until(() => link.stack.wakes > 0, 'the wake-up');
    expect(await link.received(1)).toHaveLength(1);
  });

  linkTest('nobody is woken who has not armed', async (link) => {
    await link.sendFromPeer(testFrame(60, 1));
    await link.received(1);
    await link.quiet();
    expect(link.stack.wakes).toBe(0);
  });

  linkTest('one arm is one wake-up, and arming twice is arming once', async (link) => {
    if (!armed(link)) return;
    link.stack.arm();
    await link.sendFromPeer(testFrame(60, 1));
    await link.until(() => link.stack.wakes > 0, 'the wake-up');
    await link.received(1);
    await link.sendFromPeer(testFrame(60, 2));
    await link.received(1);
    await link.quiet();
    expect(link.stack.wakes).toBe(1);
  });

  linkTest('a frame that came before arm is not slept over', async (link) => {
    await link.sendFromPeer(testFrame(60, 1));
    await link.quiet();
    if (!armed(link)) return;
    if (link.queue.wakeup === 'level') await link.until(() => link.stack.wakes > 0, 'the wake-up');
    // Edge: nothing is promised, the poll after arm finds the frame.
    else link.stack.poll();
    expect(link.stack.inbox.length > 0 || link.stack.poll() > 0).toBe(true);
    await link.received(link.stack.inbox.some(isTestFrame) ? 1 : 0);
  });

  linkTest('it wakes again and again', async (link) => {
    for (let round = 1; round <= 50; round++) {
      if (!armed(link)) return;
      if (link.queue.wakeup === 'edge') link.stack.poll();
      const before = link.stack.wakes;
      await link.sendFromPeer(testFrame(60, round));
      await link.until(() => link.stack.wakes > before, `wake-up ${round}`);
      await link.received(1);
    }
  });

  linkTest('a stack that sleeps as the contract says never sleeps over a frame', async (link) => {
    const { stack, queue } = link;
    if (!armed(link)) return;
    const frames = 300;
    let got = 0;
    const pollOnce = (): number => {
      const received = stack.poll();
      got += stack.inbox.splice(0).filter(isTestFrame).length;
      return received;
    };
    const receiving = (async () => {
      while (got < frames) {
        if (pollOnce() > 0) continue;
        const before = stack.wakes;
        stack.arm();
        if (queue.wakeup === 'edge' && pollOnce() > 0) continue;
        if (got < frames) await link.until(() => stack.wakes > before, `a wake-up after ${got} of ${frames} frames`);
      }
    })();
    const sending = (async () => {
      for (let tag = 0; tag < frames; tag++) {
        await link.sendFromPeer(testFrame(60, tag));
        for (let turns = (tag * 7) % 5; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all([receiving, sending]);
    expect(got).toBe(frames);
  });
}

/** Arms; false if the driver cannot wake, which it must then say of itself too. */
function armed(link: LinkUnderTest): boolean {
  const armed = link.stack.arm();
  expect(armed).toBe(link.queue.wakeup !== 'none');
  return armed;
}
