import { expect, test } from '@jest/globals';
import {
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STOCK,
  MORE,
  RX_L4_CHECKSUM_GOOD,
  TX_KEEP,
  TX_IP_CHECKSUM,
  TX_VLAN_INSERT,
} from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, openTap, testFrame, turns, type Tap } from './support/tap-fixture.js';

/** Queues one descriptor over a buffer of our own, bent by `bend`, and polls; all buffers must be accounted for. */
async function sendBent(bend: (segment: Segment, tap: Tap) => Partial<Segment>): Promise<Tap> {
  const tap = await openTap(makeNetns());
  const { handle, at } = tap.fill(testFrame(60));
  const right = { handle, offset: at, length: 60, flags: 0 };
  const { handle: h, offset, length, flags } = { ...right, ...bend(right, tap) };
  tap.describe(0, h, offset, length, flags);
  tap.queue.poll(1);
  expect(tap.queue.counts[COUNT_SENT]).toBe(1);
  expect(tap.port.statistics().txFrames).toBe(0);
  return tap;
}

interface Segment {
  handle: number;
  offset: number;
  length: number;
  flags: number;
}

/** Empty buffers that the stack is offered, of 2048. */
const STOCK = 256;
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

describeTap('what the stack must not do is refused, counted, and harms nothing', () => {
  test.each<[string, (segment: Segment, tap: Tap) => Partial<Segment>, string]>([
    ['handle -1', () => ({ handle: -1 }), 'handle'],
    ['handle 2048 of 2048', () => ({ handle: 2048 }), 'handle'],
    ['handle 2^31 - 1', () => ({ handle: INT_MAX }), 'handle'],
    ['handle -2^31', () => ({ handle: INT_MIN }), 'handle'],
    ['a buffer of the pool', () => ({ handle: 2047 }), 'notOwned'],
    ['a buffer that still stands in stock', (_, tap) => ({ handle: tap.queue.stock[0] }), 'inStock'],
    ['an offset before the buffer', ({ handle }, tap) => ({ offset: tap.queue.memory.bufferAt(handle) - 1 }), 'offset'],
    [
      'an offset behind the buffer',
      ({ handle }, tap) => ({ offset: tap.queue.memory.bufferAt(handle) + tap.queue.memory.bufferSize }),
      'offset',
    ],
    ['a negative offset', () => ({ offset: -1 }), 'offset'],
    ['the offset 2^31 - 1', () => ({ offset: INT_MAX }), 'offset'],
    ['the offset of the control arrays', () => ({ offset: 0 }), 'offset'],
    ['a length over the buffer’s end', (_, tap) => ({ length: tap.queue.memory.bufferSize }), 'length'],
    ['length 0', () => ({ length: 0 }), 'length'],
    ['a negative length', () => ({ length: -60 }), 'length'],
    ['the length 2^31 - 1', () => ({ length: INT_MAX }), 'length'],
    ['less than an Ethernet header', () => ({ length: 13 }), 'frame'],
    ['an offload that TAP has not', () => ({ flags: TX_IP_CHECKSUM }), 'offload'],
    ['a VLAN tag to insert', () => ({ flags: TX_VLAN_INSERT }), 'offload'],
    ['flags that do not exist', () => ({ flags: INT_MIN }), 'flags'],
    ['a chain without an end', () => ({ flags: MORE }), 'chain'],
  ])('%s', async (_name, bend, reason) => {
    const tap = await sendBent(bend);
    expect(tap.refused).toEqual({ [reason]: 1 });
    const { size, available, inUse } = tap.queue.audit();
    expect(available + inUse).toBe(size);
  });

  test('a refused frame’s buffer is the pool’s again', async () => {
    const tap = await sendBent(() => ({ length: -1 }));
    expect(tap.queue.audit()).toEqual({ size: 2048, available: 2048 - STOCK, inUse: STOCK, device: 0 });
  });

  test('a refused frame’s lent buffer comes back in done', async () => {
    const tap = await sendBent(() => ({ length: -1, flags: TX_KEEP }));
    expect(tap.done()).toHaveLength(1);
    expect(tap.queue.audit()).toMatchObject({ inUse: STOCK + 1 });
    tap.free(...tap.done());
    tap.queue.poll(0);
    expect(tap.queue.audit()).toMatchObject({ inUse: STOCK });
  });

  test('one bad segment refuses the whole chain, and no other frame', async () => {
    const tap = await openTap(makeNetns());
    const [a, b, c, d] = [1, 2, 3, 4].map((tag) => tap.fill(testFrame(60, tag)));
    tap.describe(0, a.handle, a.at, 60, MORE);
    tap.describe(1, b.handle, -5, 60, MORE);
    tap.describe(2, c.handle, c.at, 60);
    tap.describe(3, d.handle, d.at, 60);
    tap.queue.poll(4);
    expect(tap.queue.counts[COUNT_SENT]).toBe(4);
    expect(tap.refused).toEqual({ offset: 1 });
    expect(tap.port.statistics()).toMatchObject({ txFrames: 1, txBytes: 60 });
    expect(tap.queue.audit().inUse).toBe(STOCK);
  });

  test('a buffer queued twice in one poll, in two frames or in one', async () => {
    const tap = await openTap(makeNetns());
    const one = tap.fill(testFrame(60));
    const kept = tap.fill(testFrame(60));
    const chained = tap.fill(testFrame(60));
    tap.describe(0, one.handle, one.at, 60);
    tap.describe(1, one.handle, one.at, 60);
    tap.describe(2, kept.handle, kept.at, 60, TX_KEEP);
    tap.describe(3, kept.handle, kept.at, 60, TX_KEEP);
    tap.describe(4, chained.handle, chained.at, 30, MORE);
    tap.describe(5, chained.handle, chained.at + 30, 30);
    tap.queue.poll(6);
    expect(tap.refused).toEqual({ notOwned: 3 });
    expect(tap.port.statistics().txFrames).toBe(2);
    expect(tap.done()).toEqual([kept.handle]);
    expect(tap.queue.audit().inUse).toBe(STOCK + 1);
  });

  test('a buffer returned twice, in one poll or in two', async () => {
    const tap = await openTap(makeNetns());
    const handle = tap.take();
    tap.free(handle, handle);
    tap.queue.poll(0);
    expect(tap.refused).toEqual({ notOwned: 1 });
    const again = tap.take();
    tap.free(again);
    tap.queue.poll(0);
    // It may have gone straight back into stock, where it is the driver's to say whose it is.
    tap.free(again);
    tap.queue.poll(0);
    const { notOwned = 0, inStock = 0 } = tap.refused;
    expect(notOwned + inStock).toBe(2);
    expect(tap.queue.audit()).toEqual({ size: 2048, available: 2048 - STOCK, inUse: STOCK, device: 0 });
  });

  test('a buffer returned and queued in the same poll', async () => {
    const tap = await openTap(makeNetns());
    const { handle, at } = tap.fill(testFrame(60));
    tap.free(handle);
    tap.describe(0, handle, at, 60);
    tap.queue.poll(1);
    expect(tap.refused).toEqual({ notOwned: 1 });
    expect(tap.port.statistics().txFrames).toBe(0);
  });

  test('a chain of 65 segments; one of 64 is sent', async () => {
    const tap = await openTap(makeNetns());
    const handles = tap.send(Array.from({ length: 64 }, () => new Uint8Array(2)));
    expect(tap.port.statistics().txFrames).toBe(1);
    expect(handles).toHaveLength(64);
    const taken = Array.from({ length: 64 }, () => tap.take());
    tap.queue.poll(0);
    taken.push(tap.take());
    taken.forEach((handle, i) => {
      tap.describe(i, handle, tap.queue.memory.bufferAt(handle), 2, i < 64 ? MORE : 0);
    });
    tap.queue.poll(65);
    expect(tap.refused).toEqual({ chain: 1 });
    expect(tap.queue.audit().inUse).toBe(STOCK);
  });

  test('counts out of range are cut to what there is', async () => {
    const tap = await openTap(makeNetns());
    const { counts } = tap.queue;
    for (const wrong of [-1, INT_MAX, INT_MIN, 2049]) {
      counts[COUNT_STOCK] = wrong;
      tap.queue.poll(0);
      expect(counts[COUNT_STOCK]).toBe(STOCK);
      counts[COUNT_FREE] = wrong;
      tap.queue.poll(0);
      expect(counts[COUNT_FREE]).toBe(0);
    }
    expect(tap.refused['count']).toBe(8);
    for (const wrong of [-1, INT_MAX, 1e300, 193]) tap.queue.poll(wrong);
    for (const nothing of [NaN, undefined, null, '64', {}, Symbol('64')]) tap.queue.poll(nothing as number);
    const { size, available, inUse } = tap.queue.audit();
    expect(available + inUse).toBe(size);
  });

  test('stock entries overwritten by the stack are put right', async () => {
    const tap = await openTap(makeNetns());
    const before = [...tap.queue.stock];
    tap.queue.stock.fill(-7);
    tap.queue.poll(0);
    expect([...tap.queue.stock]).toEqual(before);
  });

  test('a frame longer than the MTU is dropped and counted; flags from receiving do not matter', async () => {
    const tap = await openTap(makeNetns());
    tap.send([testFrame(1000), testFrame(519)]);
    expect(tap.dropped).toEqual({ txTooLong: 1 });
    tap.send([testFrame(60)], RX_L4_CHECKSUM_GOOD);
    expect(tap.port.statistics().txFrames).toBe(1);
    expect([tap.refused, tap.queue.audit().inUse]).toEqual([{}, STOCK]);
  });

  test('other queues than 0 and addresses that are none', async () => {
    const { port } = await openTap(makeNetns());
    expect(() => port.queue(1)).toThrow(expect.objectContaining({ code: 'LUNETTA_ERR_MISUSE' }));
    expect(port.queue(0)).toBe(port.queue(0));
    expect(() => port.setMulticastList([new Uint8Array(5)])).toThrow('a multicast address has 6 bytes, not 5');
    port.setMulticastList([new Uint8Array(6)]);
    await turns();
  });
});
