import { expect, test } from '@jest/globals';
import { checksum } from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, openTap } from './support/tap-fixture.js';

describeTap('the native sum of frame bytes', () => {
  test('is that of core, at every alignment and length', async () => {
    const { queue } = await openTap(makeNetns());
    const { memory } = queue;
    const start = memory.bufferAt(0);
    for (let i = 0; i < 4000; i++) memory.bytes[start + i] = i % 5 === 0 ? 255 : i * 31;
    for (let at = start; at < start + 8; at++) {
      for (let length = 0; length < 1600; length += length < 300 ? 1 : 37) {
        const sum = checksum.finish(memory.addSum(12345, at, at + length));
        expect(sum).toBe(checksum.finish(checksum.add(12345, memory.view, at, at + length)));
      }
    }
  });

  test('of what does not lie in the memory is refused and counted', async () => {
    const { port, queue } = await openTap(makeNetns());
    const { memory } = queue;
    const end = memory.buffer.byteLength;
    expect(memory.addSum(0, end - 300, end)).toBeLessThan(0x20000);
    expect(port.statistics().refused).toMatchObject({ offset: 0 });
    const outside = [
      [end - 299, end + 1],
      [end + 1000, end + 2000],
      [-300, 0],
      [0, 2 ** 32 - 1],
      [NaN, 1e9],
    ] as const;
    for (const [at, to] of outside) if (to - at >= 256) expect(memory.addSum(0, at, to)).toBe(0);
    expect(port.statistics().refused['offset']).toBeGreaterThanOrEqual(3);
  });
});
