import { expect } from '@jest/globals';
import { STATE_DOWN, STATE_GONE, STATE_UP, TX_KEEP } from '@lunetta/core';
import type { LinkTest } from './link-test.js';
import { testFrame } from './test-frame.js';

/** Up, down and gone. A fixture that cannot bring them about passes: what it cannot do is not reachable. */
export function stateTests(linkTest: LinkTest): void {
  linkTest('a link that is up says so', async ({ port, stack }) => {
    stack.poll();
    expect(port.linkState).toBe('up');
    expect(stack.state).toBe(STATE_UP);
  });

  linkTest('a link that goes down says so, drops what it is to send, and comes back', async (link) => {
    const { fixture, port, stack } = link;
    if (!fixture.setLinkState) return;
    await fixture.setLinkState('down');
    await link.until(() => stack.events.includes('down'), 'the event down');
    expect(port.linkState).toBe('down');
    await link.until(() => stack.poll() === 0 && stack.state === STATE_DOWN, 'the state word');
    stack.queueFrame(testFrame(60, 1));
    stack.queueFrame(testFrame(900, 2), [300], TX_KEEP);
    const before = link.dropped();
    expect(stack.poll()).toBe(0);
    expect(stack.queued).toBe(0);
    await link.until(() => stack.lent.size === 0 || stack.poll() < 0, 'the lent buffers');
    expect(link.dropped() - before).toBe(2);
    expect(link.refused()).toBe(0);
    await fixture.setLinkState('up');
    await link.until(() => stack.events.includes('up'), 'the event up');
    expect(port.linkState).toBe('up');
    stack.poll();
    expect(stack.state).toBe(STATE_UP);
    await link.send(testFrame(70, 3));
    expect(await link.receivedByPeer(1)).toEqual([testFrame(70, 3)]);
    await link.sendFromPeer(testFrame(71, 4));
    expect(await link.received(1)).toEqual([testFrame(71, 4)]);
  });

  linkTest('a device that is removed says so, takes buffers back and shows nothing for good', async (link) => {
    const { fixture, port, stack } = link;
    if (!fixture.remove) return;
    const handle = stack.takeBuffer() as number;
    stack.arm();
    await fixture.remove();
    await link.until(() => stack.events.includes('gone') || stack.poll() < 0, 'the event gone');
    expect(port.linkState).toBe('gone');
    stack.release(handle);
    stack.queueFrame(testFrame(60, 1));
    for (let polls = 0; polls < 10; polls++) expect(stack.poll()).toBe(0);
    expect(stack.state).toBe(STATE_GONE);
    expect(stack.queued).toBe(0);
    expect(stack.arm()).toBe(false);
    expect(stack.events.filter((event) => event === 'gone')).toHaveLength(1);
  });
}
