import { expect } from '@jest/globals';
import { COUNT_STOCK, COUNTS, DESCRIPTOR_WORDS, TX_OFFLOADS } from '@lunetta/core';
import type { LinkTest } from './link-test.js';
import type { Expectations } from './link-under-test.js';

/** The members that do not change. */
export function shapeTests(linkTest: LinkTest, expected: Expectations): void {
  linkTest('the port says what it is', async ({ port }) => {
    expect(port.driver).not.toBe('');
    expect(port.device).not.toBe('');
    expect(port.mtu).toBe(expected.mtu);
    expect(port.queueCount).toBeGreaterThanOrEqual(1);
    expect(port.queue(0)).toBe(port.queue(0));
    expect([undefined, 6]).toContain(port.hardwareAddress?.length);
  });

  linkTest('arrays have room for what they are for', async ({ queue }) => {
    expect(queue.counts).toHaveLength(COUNTS);
    expect(queue.rx.length % DESCRIPTOR_WORDS).toBe(0);
    expect(queue.tx.length % DESCRIPTOR_WORDS).toBe(0);
    const frameSegments = Math.ceil((expected.mtu + 18) / (queue.memory.bufferSize - queue.headroom));
    expect(queue.rx.length / DESCRIPTOR_WORDS).toBeGreaterThanOrEqual(frameSegments);
    expect(queue.tx.length / DESCRIPTOR_WORDS).toBeGreaterThanOrEqual(frameSegments);
    expect(queue.free.length).toBeGreaterThanOrEqual(queue.memory.bufferCount);
    expect(queue.done.length).toBeGreaterThanOrEqual(queue.tx.length / DESCRIPTOR_WORDS);
    expect(queue.stock.length).toBeGreaterThanOrEqual(1);
    for (const array of [queue.rx, queue.tx, queue.free, queue.stock, queue.done, queue.counts]) {
      expect(array).toBeInstanceOf(Int32Array);
    }
  });

  linkTest('buffers lie inside the memory and leave headroom', async ({ queue }) => {
    const { memory, headroom } = queue;
    expect(headroom).toBeGreaterThanOrEqual(64);
    expect(memory.bufferSize - headroom).toBeGreaterThanOrEqual(256);
    expect(memory.bufferStride).toBeGreaterThanOrEqual(memory.bufferSize);
    expect(memory.bufferAt(memory.bufferCount - 1) + memory.bufferSize).toBeLessThanOrEqual(memory.buffer.byteLength);
    // Offsets are small integers: no bit 31.
    expect(memory.buffer.byteLength).toBeLessThan(2 ** 31);
    expect(memory.bytes.buffer).toBe(memory.buffer);
    expect(memory.view.buffer).toBe(memory.buffer);
  });

  linkTest('offloads, wake-up and hold limit are what they may be', async ({ queue }) => {
    expect(queue.offloads & ~TX_OFFLOADS).toBe(0);
    expect(['none', 'edge', 'level']).toContain(queue.wakeup);
    expect(queue.holdLimit).toBeGreaterThanOrEqual(1);
    expect(queue.holdLimit).toBeLessThan(queue.audit().size);
  });

  linkTest('the first poll fills the stock', async ({ queue }) => {
    expect(queue.counts[COUNT_STOCK]).toBe(queue.stock.length);
    expect(queue.audit().inUse).toBeGreaterThanOrEqual(queue.stock.length);
  });

  linkTest('a multicast list is taken, and replaced', async ({ port }) => {
    port.setMulticastList([Uint8Array.of(1, 0, 0x5e, 0, 0, 1), Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb)]);
    port.setMulticastList([]);
  });
}
