import { describe, expect, test } from '@jest/globals';
import {
  COUNT_SENT,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  HANDLE,
  LENGTH,
  OFFSET,
  FLAGS,
  type LinkQueue,
} from '@lunetta/core';
import { createMemoryCable, VirtualHost } from '@lunetta/testkit';

function put(queue: LinkQueue, index: number, bytes: Uint8Array): void {
  const left = queue.counts[COUNT_STOCK] - 1;
  const handle = queue.stock[left];
  queue.counts[COUNT_STOCK] = left;
  const at = queue.memory.bufferAt(handle) + queue.headroom;
  queue.memory.bytes.set(bytes, at);
  queue.tx.set([handle, at, bytes.length, 0], index * DESCRIPTOR_WORDS);
}

function shown(queue: LinkQueue, index: number): Uint8Array {
  const base = index * DESCRIPTOR_WORDS;
  const at = queue.rx[base + OFFSET];
  return queue.memory.bytes.slice(at, at + queue.rx[base + LENGTH]);
}

describe.each([false, true])('memory cable, shared memory: %s', (sharedMemory) => {
  test('carries frames both ways, unpadded', () => {
    const { scheduler } = new VirtualHost();
    const { a, b } = createMemoryCable({ scheduler, sharedMemory });
    for (const [from, to] of [
      [a.queue(0), b.queue(0)],
      [b.queue(0), a.queue(0)],
    ] as const) {
      from.poll(0);
      put(
        from,
        0,
        Uint8Array.from({ length: 20 }, (_, i) => i),
      );
      put(
        from,
        1,
        Uint8Array.from({ length: 1514 }, (_, i) => i * 7),
      );
      from.poll(2);
      expect(from.counts[COUNT_SENT]).toBe(2);
      expect(to.poll(0)).toBe(2);
      expect(shown(to, 0)).toEqual(Uint8Array.from({ length: 20 }, (_, i) => i));
      expect(shown(to, 1)).toEqual(Uint8Array.from({ length: 1514 }, (_, i) => i * 7));
      expect(to.rx[FLAGS]).toBe(0);
    }
  });

  test('passes the buffer itself exactly where memory is shared', () => {
    const { scheduler } = new VirtualHost();
    const { a, b } = createMemoryCable({ scheduler, sharedMemory });
    a.queue(0).poll(0);
    put(a.queue(0), 0, new Uint8Array(64));
    a.queue(0).poll(1);
    b.queue(0).poll(0);
    expect(a.queue(0).memory === b.queue(0).memory).toBe(sharedMemory);
    if (sharedMemory) expect(b.queue(0).rx[HANDLE]).toBe(a.queue(0).tx[HANDLE]);
  });

  test('leaves headroom before a frame that was sent without', () => {
    const { scheduler } = new VirtualHost();
    const { a, b } = createMemoryCable({ scheduler, sharedMemory });
    const from = a.queue(0);
    const to = b.queue(0);
    from.poll(0);
    put(from, 0, new Uint8Array(64).fill(3));
    const start = from.memory.bufferAt(from.tx[HANDLE]);
    from.memory.bytes.fill(9, start, start + 64);
    from.tx[OFFSET] = start;
    from.poll(1);
    to.poll(0);
    expect(shown(to, 0)).toEqual(new Uint8Array(64).fill(9));
    expect(to.rx[OFFSET] - to.memory.bufferAt(to.rx[HANDLE])).toBeGreaterThanOrEqual(to.headroom);
  });

  test('pads to 60 bytes with zeros if it is to', () => {
    const { scheduler } = new VirtualHost();
    const { a, b } = createMemoryCable({ scheduler, sharedMemory, padTo60: true });
    for (const queue of [a.queue(0), b.queue(0)]) {
      queue.memory.bytes.fill(0xee);
      queue.poll(0);
    }
    put(a.queue(0), 0, new Uint8Array(20).fill(1));
    a.queue(0).poll(1);
    b.queue(0).poll(0);
    expect([...shown(b.queue(0), 0)]).toEqual([...new Uint8Array(20).fill(1), ...new Uint8Array(40)]);
  });
});

test('options that do not fit together are refused with what would fit', () => {
  expect(() => createMemoryCable({ buffers: 100 })).toThrow(/100 buffers; at least 896 are needed/);
  expect(() => createMemoryCable({ segmentSize: 100 })).toThrow(/256 to 1920/);
  expect(() => createMemoryCable({ mtu: 9000, burst: 4 })).toThrow(/larger burst/);
});
