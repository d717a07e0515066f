import { expect, test } from '@jest/globals';
import { COUNT_SENT, COUNT_STOCK, HANDLE, LENGTH } from '@lunetta/core';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';

describeDpdk('ports that give the same name to their memory', () => {
  test('share it: what one sends the other shows, in the same buffer; and again once both were closed', async () => {
    for (let times = 0; times < 2; times++) {
      const [a, b] = await openRingPair({ memory: 'shared' });
      const [from, to] = [a.queue(0), b.queue(0)];
      expect(to.memory.bytes.buffer).toBe(from.memory.bytes.buffer);
      from.poll(0); // fills the stock
      const handle = from.stock[--from.counts[COUNT_STOCK]];
      from.tx.set([handle, from.memory.bufferAt(handle) + from.headroom, 60, 0, 0, 0, 0, 0]);
      from.poll(1);
      expect(from.counts[COUNT_SENT]).toBe(1);
      expect(to.poll(0)).toBe(1);
      expect([to.rx[HANDLE], to.rx[LENGTH]]).toEqual([handle, 60]);
      await Promise.all([a.close(), b.close()]);
    }
  });
});
