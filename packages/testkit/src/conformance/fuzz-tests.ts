import { expect } from '@jest/globals';
import {
  COUNT_FREE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  type LinkQueue,
  OFFSET,
} from '@lunetta/core';
import { SeededRandom } from '@lunetta/core';
import type { RawLinkTest } from './link-test.js';
import { testFrame } from './test-frame.js';

const POLLS = 2000;

/** Whatever stands in the arrays, `poll` refuses, counts and loses no buffer. */
export function fuzzTests(rawLinkTest: RawLinkTest): void {
  const seed = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

  rawLinkTest(`poll survives it (LUNETTA_SEED=${seed})`, async (link) => {
    const { queue } = link;
    const random = new SeededRandom(seed);
    const capacity = queue.rx.length / DESCRIPTOR_WORDS;
    for (let polls = 0; polls < POLLS; polls++) {
      if (polls % 10 === 0) await link.peer.send(testFrame(60 + (polls % 1000), polls));
      const received = queue.poll(scribble(queue, random));
      expect(Number.isInteger(received) && received >= 0 && received <= capacity).toBe(true);
      if (polls % 100 === 0) link.expectConserved();
    }
    expect(link.refused()).toBeGreaterThan(0);
    await link.peer.close();
    await link.port.close();
    link.expectConserved();
    // The stack lost its books, so some buffers may be in use; the device must hold none.
    expect(queue.audit().device).toBe(0);
  });
}

/** Fills the arrays with a mixture of right, nearly right and wrong. @returns how many descriptors to send */
function scribble(queue: LinkQueue, random: SeededRandom): number {
  const { tx, free, counts, memory } = queue;
  const anything = (): number => random.int32();
  const someHandle = (): number => (random.chance(0.9) ? random.below(memory.bufferCount) : anything());
  const descriptors = random.below(9);
  for (let at = 0; at < descriptors * DESCRIPTOR_WORDS; at += DESCRIPTOR_WORDS) {
    const handle = someHandle();
    const inBuffer = random.below(memory.bufferSize);
    tx[at + HANDLE] = handle;
    tx[at + OFFSET] = random.chance(0.8) ? memory.bufferAt(handle) + inBuffer : anything();
    tx[at + LENGTH] = random.chance(0.8) ? random.below(memory.bufferSize - inBuffer + 1) : anything();
    tx[at + FLAGS] = random.chance(0.5)
      ? 0
      : random.chance(0.8)
        ? random.below(2) | (random.below(2) << 8)
        : anything();
  }
  const returned = random.below(16);
  for (let i = 0; i < returned; i++) free[i] = someHandle();
  counts[COUNT_FREE] = random.chance(0.95) ? returned : anything();
  if (random.chance(0.05)) counts[COUNT_STOCK] = anything();
  return random.chance(0.95) ? descriptors : anything();
}
