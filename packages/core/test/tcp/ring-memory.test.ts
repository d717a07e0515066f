import { expect, test } from '@jest/globals';
import { Receiver, Taken } from '../../src/tcp/receive/receiver.js';
import { ByteRing, RingMemory } from '../../src/tcp/ring-memory.js';
import { Segment } from '../../src/tcp/segment.js';
import { DEFAULT_TCP_LIMITS } from '../../src/tcp/tcp-limits.js';

const LIMIT = 1 << 20;

function filled(memory: RingMemory, length: number): ByteRing {
  const ring = new ByteRing(memory);
  ring.reserve(length);
  ring.length = length;
  return ring;
}

test('a ring that is emptied takes as much at once, the next time, as it needed before', () => {
  const memory = new RingMemory(LIMIT);
  const ring = filled(memory, 40_000);
  ring.release();
  expect(memory.usedBytes).toBe(0);
  ring.reserve(100);
  expect(ring.capacity).toBe(65_536);
  ring.release();
  ring.reserve(100);
  expect(ring.capacity).toBe(2048);
});

test('what it took before is not insisted on where memory is short', () => {
  const memory = new RingMemory(LIMIT);
  const ring = filled(memory, LIMIT >> 1);
  ring.release();
  const other = filled(memory, LIMIT >> 1);
  filled(memory, LIMIT >> 2);
  expect(ring.reserve(100)).toBe(true);
  expect(ring.capacity).toBe(2048);
  expect(other.reserve(LIMIT)).toBe(false);
});

test('unused memory is used again, up to a share of the limit', () => {
  const memory = new RingMemory(LIMIT);
  const size = LIMIT >> 4;
  const [first, second] = [memory.take(size)!, memory.take(size)!];
  memory.give(first);
  memory.give(second); // too much to keep
  expect(memory.take(size)).toBe(first);
  expect(memory.take(size)).not.toBe(second);
});

test('what waits out of order when the connection ends holds no memory', () => {
  const memory = new RingMemory(LIMIT);
  const receiver = new Receiver({ memory, limits: DEFAULT_TCP_LIMITS });
  receiver.start(0, 65_535);
  const segment = new Segment();
  segment.bytes = new Uint8Array(10);
  segment.seq = 101;
  segment.payloadLength = 10;
  expect(receiver.take(segment)).toBe(Taken.OUT_OF_ORDER);
  expect(memory.usedBytes).toBe(2048);
  receiver.close();
  expect(memory.usedBytes).toBe(0);
});
