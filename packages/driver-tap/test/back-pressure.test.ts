import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { COUNT_SENT, DESCRIPTOR_WORDS, TX_KEEP } from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, makePeer, openTap, testFrame, until, type Tap } from './support/tap-fixture.js';

const LIMIT_SENDBUF = fileURLToPath(new URL('./support/limit-sendbuf.py', import.meta.url));
const FRAME_LENGTH = 1000;

/** Queues frames in `tx`, every second one lent, and returns them. */
function queueFrames(tap: Tap, count: number, tag: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const frame = testFrame(FRAME_LENGTH, tag + i);
    const { handle, at } = tap.fill(frame);
    tap.describe(i, handle, at, frame.length, i % 2 === 0 ? TX_KEEP : 0);
    return frame;
  });
}

// The kernel takes a frame within the system call, unless it hands it on to another processor (RPS) and may have only
// so many bytes under way. On a single processor there is no handing on, and then a TAP device is never full: the test
// fails there and says so.
describeTap('a device that takes no more', () => {
  test('what it does not accept stays the stack’s; the armed queue wakes when there is room again', async () => {
    expect(availableParallelism()).toBeGreaterThan(1);
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const { queue } = tap;
    execFileSync('python3', [LIMIT_SENDBUF, String(process.pid), String(FRAME_LENGTH)]);

    const sent: Uint8Array[] = [];
    let refusals = 0;
    for (let round = 0; refusals < 5; round++) {
      expect(round).toBeLessThan(200);
      // To the one processor and to the other: we do not know on which of them we run.
      netns.exec('sh', '-c', `echo ${1 + (round % 2)} > /sys/class/net/lun0/queues/rx-0/rps_cpus`);
      const frames = queueFrames(tap, 16, sent.length);
      sent.push(...frames);
      for (let left = frames.length; left > 0;) {
        queue.poll(left);
        tap.free(...tap.done());
        const accepted = queue.counts[COUNT_SENT];
        queue.tx.copyWithin(0, accepted * DESCRIPTOR_WORDS, left * DESCRIPTOR_WORDS);
        left -= accepted;
        if (left === 0) break;
        refusals++;
        const wakes = tap.wakes;
        expect(queue.arm()).toBe(true);
        await until(() => tap.wakes > wakes, 'room');
      }
    }
    queue.poll(0);
    expect(tap.port.statistics().txFrames).toBe(sent.length);
    expect([tap.refused, tap.dropped, queue.audit().inUse]).toEqual([{}, {}, queue.stock.length]);
    // Every frame arrives once. In which order is the processors' affair.
    await until(() => peer.inbox.length >= sent.length, 'all frames');
    const tags = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => frame[20]).sort();
    expect(tags(peer.inbox)).toEqual(tags(sent));
  }, 30_000);
});
