import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from '@jest/globals';
import { expectConserved, readPacket, StackLab } from '@lunetta/testkit';
import { FrameFuzzer, openSockets } from './frame-fuzzer.js';

const BURST = 32;
/** Bytes that the heap may have grown by in the second half of a soak. */
const HEAP_GROWTH = 4e6;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Brings `frames` fuzzed frames through the memory link; at the end every buffer is back and nothing has grown. */
export async function soak(frames: number, seed: number): Promise<void> {
  const lab = new StackLab({ seed, cable: { poison: false, buffers: 1100 } });
  openSockets(lab);
  const fuzzer = new FrameFuzzer(seed);
  let heapBefore = 0;
  for (let sent = 0; sent < frames; sent += BURST) {
    const answers = lab.exchange(...Array.from({ length: BURST }, () => fuzzer.frame()));
    if (sent % (BURST * 16) === 0) {
      answers.forEach(readPacket);
      expectConserved(lab.stack);
      lab.advance('700ms');
    }
    if (heapBefore === 0 && sent >= frames / 2) heapBefore = heapUsed();
  }
  const growth = heapUsed() - heapBefore;
  lab.advance('1min');
  lab.receive();
  const { arp, tx, held, rx, buffers } = lab.stack.counters().interfaces[0];
  expect(rx.frames).toBeGreaterThanOrEqual(frames);
  expect([tx.pending, tx.queued, held]).toEqual([0, 0, 0]);
  expect(arp.neighbours).toBeLessThanOrEqual(4096);
  expect(buffers.inUse).toBe(64); // the stock
  expect(growth).toBeLessThan(HEAP_GROWTH);
  await lab.close();
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
