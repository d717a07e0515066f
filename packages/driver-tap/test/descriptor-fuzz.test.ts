import { expect, test } from '@jest/globals';
import {
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  MORE,
  STATE_DOWN,
  STATE_UP,
  TX_KEEP,
  TX_OFFLOADS,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
} from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, makePeer, openTap, testFrame, type Tap } from './support/tap-fixture.js';

const RUNS = Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 5000);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

/** mulberry32: 32 bits of state, good enough to choose descriptors. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Writes whatever it likes into the arrays of a queue; now and then something right. */
class HostileStack {
  /** Handles that were ours at some time. */
  private readonly known: number[] = [];

  constructor(
    private readonly tap: Tap,
    private readonly below: (limit: number) => number,
  ) {}

  private anyInt(): number {
    const { below } = this;
    const choices = [-1, 0, 1, 2047, 2048, 2 ** 31 - 1, -(2 ** 31), below(2 ** 31), -below(2 ** 31), below(5000)];
    return choices[below(choices.length)];
  }

  private handle(): number {
    const { below, known } = this;
    if (known.length > 0 && below(4) > 0) return known[below(known.length)];
    return below(3) === 0 ? this.anyInt() : below(256);
  }

  private offset(handle: number): number {
    const { below } = this;
    const { memory, headroom } = this.tap.queue;
    if (below(6) === 0) return this.anyInt();
    return memory.bufferAt(handle) + (below(3) > 0 ? headroom : below(memory.bufferSize + 2) - 1);
  }

  private flags(): number {
    const { below } = this;
    if (below(10) === 0) return this.anyInt();
    return (below(3) === 0 ? MORE : 0) | (below(4) === 0 ? TX_KEEP : 0) | this.requests();
  }

  private requests(): number {
    const { below } = this;
    if (below(20) === 0) return TX_OFFLOADS;
    const offered = [TX_TCP_CHECKSUM, TX_UDP_CHECKSUM, TX_TSO, TX_TCP_CHECKSUM | TX_TSO];
    return below(3) === 0 ? offered[below(offered.length)] : 0;
  }

  /** Words 5 and 6: an MSS, and lengths of headers that may even be true. */
  private mss(): number {
    return this.below(4) === 0 ? this.anyInt() : this.below(3000) << 16;
  }

  private headerLengths(): number {
    const { below } = this;
    if (below(4) === 0) return this.anyInt();
    return below(2) === 0 ? 14 | (20 << 8) | (20 << 16) : below(256) | (below(256) << 8) | (below(256) << 16);
  }

  private length(): number {
    return this.below(6) === 0 ? this.anyInt() : this.below(this.below(6) === 0 ? 66_000 : 1600);
  }

  /** One poll with arrays of its making. */
  poll(): void {
    const { below } = this;
    const { queue } = this.tap;
    const { counts, free, stock, tx } = queue;
    for (let takes = below(8); takes > 0 && counts[COUNT_STOCK] > 0; takes--) this.known.push(this.tap.take());
    const frees = below(12);
    for (let i = 0; i < frees; i++) free[i] = this.handle();
    counts[COUNT_FREE] = below(20) === 0 ? this.anyInt() : frees;
    const sends = below(24);
    for (let i = 0; i < sends; i++) {
      const handle = this.handle();
      const words = [handle, this.offset(handle), this.length(), this.flags(), this.anyInt(), this.mss()];
      tx.set([...words, this.headerLengths(), this.anyInt()], i * DESCRIPTOR_WORDS);
    }
    if (below(30) === 0) counts[COUNT_STOCK] = this.anyInt();
    if (below(30) === 0) stock[below(stock.length)] = this.anyInt();
    if (below(50) === 0) for (let i = 0; i < tx.length; i++) tx[i] = this.anyInt();
    counts[COUNT_SENT] = this.anyInt();
    counts[COUNT_STATE] = this.anyInt();
    const received = queue.poll(below(20) === 0 ? this.anyInt() : sends);
    for (let i = 0; i < received; i++) this.known.push(queue.rx[i * DESCRIPTOR_WORDS]);
    this.known.splice(0, this.known.length - 200);
  }
}

function expectConserved(tap: Tap): void {
  const { size, available, inUse, device } = tap.queue.audit();
  expect([available + inUse, device]).toEqual([size, 0]);
}

describeTap('hostile descriptors', () => {
  test(`${RUNS} polls (LUNETTA_SEED=${SEED}): all is refused and counted, no buffer is lost or doubled`, async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { buffers: 256, burst: 16, poison: true });
    const peer = await makePeer(netns);
    const hostile = new HostileStack(tap, randomFrom(SEED));
    for (let run = 0; run < RUNS; run++) {
      hostile.poll();
      expectConserved(tap);
      expect([STATE_UP, STATE_DOWN]).toContain(tap.queue.counts[COUNT_STATE]);
      const { stock, counts } = tap.queue;
      const standing = [...stock.subarray(0, counts[COUNT_STOCK])];
      if (new Set(standing).size !== standing.length)
        throw new Error(`a buffer stands in stock twice: ${standing.join()}`);
      if (run % 100 === 0) {
        peer.send(testFrame(200, run));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const { refused } = tap.port.statistics();
    const never = Object.keys(refused).filter((reason) => refused[reason] === 0);
    expect(never).toEqual([]);

    // Every buffer that we could own comes back; none is anybody's afterwards.
    for (let handle = 0; handle < 256; handle++) tap.free(handle);
    await tap.port.close();
    expect(tap.queue.audit()).toEqual({ size: 256, available: 256, inUse: 0, device: 0 });
  }, 600_000);
});
