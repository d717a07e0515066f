import { expect, test } from '@jest/globals';
import {
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  HANDLE,
  MORE,
  SeededRandom,
  TX_KEEP,
  TX_OFFLOADS,
  type LinkQueue,
} from '@lunetta/core';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, openRingPair, uniqueName } from './support/dpdk-fixture.js';

const RUNS = Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 5000);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

/** Writes whatever it likes into the arrays of a queue; now and then something right. */
class HostileStack {
  /** Handles that were ours at some time. */
  private readonly known: number[] = [];

  constructor(
    private readonly queue: LinkQueue,
    private readonly random: SeededRandom,
  ) {}

  private anyInt(): number {
    const { random } = this;
    const choices = [-1, 0, 1, 1023, 1024, 2 ** 31 - 1, -(2 ** 31), random.int32(), random.below(5000)];
    return choices[random.below(choices.length)];
  }

  private handle(): number {
    const { random, known } = this;
    if (known.length > 0 && random.chance(0.75)) return known[random.below(known.length)];
    return random.chance(0.3) ? this.anyInt() : random.below(this.queue.memory.bufferCount);
  }

  private descriptor(): number[] {
    const { random } = this;
    const { memory, headroom } = this.queue;
    const handle = this.handle();
    const at = memory.bufferAt(handle);
    const offset = random.chance(0.15)
      ? this.anyInt()
      : at + (random.chance(0.7) ? headroom : random.below(memory.bufferSize + 2) - 1);
    const length = random.chance(0.15) ? this.anyInt() : random.below(1700);
    const flags = random.chance(0.1)
      ? this.anyInt()
      : (random.chance(0.3) ? MORE : 0) |
        (random.chance(0.25) ? TX_KEEP : 0) |
        (random.chance(0.1) ? random.int32() & TX_OFFLOADS : 0);
    return [handle, offset, length, flags, this.anyInt(), this.anyInt(), this.anyInt(), this.anyInt()];
  }

  /** One poll with arrays of its making. */
  poll(): void {
    const { random, queue, known } = this;
    const { counts, free, stock, tx } = queue;
    for (let takes = random.below(8); takes > 0 && counts[COUNT_STOCK] > 0; takes--) {
      counts[COUNT_STOCK]--;
      known.push(stock[counts[COUNT_STOCK]]);
    }
    const frees = random.below(12);
    for (let i = 0; i < frees; i++) free[i] = this.handle();
    counts[COUNT_FREE] = random.chance(0.05) ? this.anyInt() : frees;
    const sends = random.below(24);
    for (let i = 0; i < sends; i++) tx.set(this.descriptor(), i * DESCRIPTOR_WORDS);
    if (random.chance(0.03)) counts[COUNT_STOCK] = this.anyInt();
    if (random.chance(0.03)) stock[random.below(stock.length)] = this.anyInt();
    if (random.chance(0.02)) for (let i = 0; i < tx.length; i++) tx[i] = this.anyInt();
    counts[COUNT_SENT] = this.anyInt();
    counts[COUNT_STATE] = this.anyInt();
    const received = queue.poll(random.chance(0.05) ? this.anyInt() : sends);
    for (let i = 0; i < received; i++) known.push(queue.rx[i * DESCRIPTOR_WORDS + HANDLE]);
    known.splice(0, Math.max(0, known.length - 200));
  }
}

function expectConserved(queue: LinkQueue): void {
  const { size, available, inUse, device } = queue.audit();
  expect(available + inUse + device).toBe(size);
  expect(Math.min(available, inUse, device)).toBeGreaterThanOrEqual(0);
}

describeDpdk('hostile descriptors', () => {
  test(`${RUNS} polls over rings (LUNETTA_SEED=${SEED}): all is refused and counted, no buffer is lost or doubled`, async () => {
    const [port, far] = await openRingPair({ poison: true });
    const random = new SeededRandom(SEED);
    const hostiles = [new HostileStack(port.queue(0), random), new HostileStack(far.queue(0), random)];
    for (let run = 0; run < RUNS; run++) {
      for (const hostile of hostiles) hostile.poll();
      for (const each of [port, far]) if (run % 16 === 0) expectConserved(each.queue(0));
    }
    const { refused } = port.statistics();
    const never = Object.keys(refused).filter((reason) => refused[reason] === 0);
    expect(never).toEqual([]);
    await closeEmpty(port.queue(0), () => port.close());
    await closeEmpty(far.queue(0), () => far.close());
    for (const each of [port, far]) expect(each.queue(0).audit().inUse + each.queue(0).audit().device).toBe(0);
  }, 600_000);

  test('over a TAP device of DPDK, which has checksum and segment offloads', async () => {
    if (process.getuid?.() !== 0) return;
    const port = await openDpdk(`net_tap_${uniqueName()},iface=lunf${process.pid % 10_000}`, { poison: true });
    const hostile = new HostileStack(port.queue(0), new SeededRandom(SEED));
    for (let run = 0; run < RUNS / 10; run++) hostile.poll();
    expectConserved(port.queue(0));
    await closeEmpty(port.queue(0), () => port.close());
    expect(port.queue(0).audit()).toMatchObject({ inUse: 0, device: 0 });
  }, 600_000);
});

/** Gives back every buffer that we could own, and closes. */
async function closeEmpty(queue: LinkQueue, close: () => Promise<void>): Promise<void> {
  const { free, counts, memory } = queue;
  for (let handle = 0; handle < memory.bufferCount; handle++) free[handle] = handle;
  counts[COUNT_FREE] = memory.bufferCount;
  await close();
}
