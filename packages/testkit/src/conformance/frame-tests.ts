import { expect } from '@jest/globals';
import { DESCRIPTOR_WORDS } from '@lunetta/core';
import type { LinkTest } from './link-test.js';
import type { Expectations, LinkUnderTest } from './link-under-test.js';
import { HEADER_LENGTH, testFrame } from './test-frame.js';

/** Frames in and out, byte for byte. */
export function frameTests(linkTest: LinkTest, expected: Expectations): void {
  const longest = expected.mtu + HEADER_LENGTH;

  linkTest('frames of every length go out unchanged', async (link) => {
    for (const length of sampledLengths(longest)) {
      const frame = testFrame(length, length);
      await link.send(frame);
      expect(await link.receivedByPeer(1)).toEqual([link.onWire(frame)]);
    }
  });

  linkTest('frames of every length come in unchanged', async (link) => {
    for (const length of sampledLengths(longest)) {
      const frame = testFrame(length, length);
      await link.sendFromPeer(frame);
      expect(await link.received(1)).toEqual([link.onWire(frame)]);
    }
  });

  linkTest('many frames go out in order', async (link) => {
    const frames = mixedFrames(3 * burstOf(link), longest);
    const arrived: Uint8Array[] = [];
    for (let sent = 0; sent < frames.length;) {
      const piece = frames.slice(sent, sent + 16);
      for (const frame of piece) await link.send(frame);
      arrived.push(...(await link.receivedByPeer(piece.length)));
      sent += piece.length;
    }
    expect(arrived).toEqual(frames);
  });

  linkTest('a whole burst of sending goes out in order', async (link) => {
    const { stack, queue } = link;
    const frames: Uint8Array[] = [];
    for (let tag = 0; tag < queue.tx.length / DESCRIPTOR_WORDS && tag < 64; tag++) {
      const frame = testFrame(60 + tag, tag);
      if (!stack.queueFrame(frame)) break;
      frames.push(frame);
    }
    expect(await link.receivedByPeer(frames.length)).toEqual(frames);
  });

  linkTest('more frames than a burst holds come in order, poll by poll', async (link) => {
    const burst = burstOf(link);
    // Short ones: all of them wait with the device at once.
    const frames = mixedFrames(2 * burst + 7, 250);
    for (const frame of frames) await link.sendFromPeer(frame);
    expect(await link.received(frames.length)).toEqual(frames);
    expect(link.stack.poll()).toBeLessThanOrEqual(burst);
  });

  linkTest('chains go out as one frame, wherever they are cut', async (link) => {
    const cuttings = [[14], [34, 42], [14, 34, 42], [1], [13, 15], [256], [longest - 1], [100, 101, 102, 1000]];
    for (const [tag, cuts] of cuttings.entries()) {
      const frame = testFrame(longest, tag);
      await link.send(frame, cuts);
      expect(await link.receivedByPeer(1)).toEqual([frame]);
    }
    expect(link.refused()).toBe(0);
  });

  linkTest('a short chain is padded like any short frame', async (link) => {
    const frame = testFrame(30, 5);
    await link.send(frame, [14]);
    expect(await link.receivedByPeer(1)).toEqual([link.onWire(frame)]);
  });

  linkTest('long frames come in whole, never split over two polls', async (link) => {
    // An odd number of short frames before each long one: chains then start at every place of a burst.
    const frames = Array.from({ length: 60 }, (_, tag) => testFrame(tag % 4 === 3 ? longest : 60 + tag, tag));
    for (const frame of frames) await link.sendFromPeer(frame);
    expect(await link.received(frames.length)).toEqual(frames);
    if (expected.receivesChains) expect(link.stack.longestChain).toBeGreaterThan(1);
  });

  linkTest('both directions at once do not disturb each other', async (link) => {
    const frames = mixedFrames(40, longest);
    const sendAll = async (): Promise<void> => {
      for (const frame of frames) {
        await link.send(frame);
        await link.sendFromPeer(frame);
      }
    };
    await sendAll();
    expect(await link.receivedByPeer(frames.length)).toEqual(frames);
    expect(await link.received(frames.length)).toEqual(frames);
  });

  linkTest('statistics count frames and bytes both ways', async (link) => {
    const frames = mixedFrames(20, longest);
    const bytes = frames.reduce((total, frame) => total + frame.length, 0);
    const before = link.port.statistics();
    for (const frame of frames) {
      await link.send(frame, frame.length > 1000 ? [300] : []);
      await link.sendFromPeer(frame);
    }
    await link.receivedByPeer(frames.length);
    await link.received(frames.length);
    const after = link.port.statistics();
    const counted = [
      after.rxFrames - before.rxFrames,
      after.rxBytes - before.rxBytes,
      after.txFrames - before.txFrames,
      after.txBytes - before.txBytes,
    ];
    if (expected.exactFrames) expect(counted).toEqual([frames.length, bytes, frames.length, bytes]);
    else expect(counted[2]).toBe(frames.length);
    expect(counted[0]).toBeGreaterThanOrEqual(frames.length);
    expect(link.refused()).toBe(0);
  });
}

/** Largest burst in descriptors. */
function burstOf(link: LinkUnderTest): number {
  return link.queue.rx.length / DESCRIPTOR_WORDS;
}

function mixedFrames(count: number, longest: number): Uint8Array[] {
  return Array.from({ length: count }, (_, tag) => testFrame(60 + ((tag * 97) % (longest - 59)), tag));
}

/** Every length near an edge and some between. */
function sampledLengths(longest: number): number[] {
  const edges = [14, 15, 16, 17, 18, 59, 60, 61, 62, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1024];
  const between = Array.from({ length: 30 }, (_, i) => 66 + Math.floor((i * (longest - 66)) / 30));
  const last = [longest - 3, longest - 2, longest - 1, longest];
  return [...edges, ...between, ...last].filter((length) => length <= longest);
}
