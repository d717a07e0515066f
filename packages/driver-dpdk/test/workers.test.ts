import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { describeDpdk } from './support/describe-dpdk.js';

const CORE = new URL('../../core/dist/core.js', import.meta.url).href;
const DRIVER = new URL('../dist/index.js', import.meta.url).href;
const QUEUES = 2;
const FRAMES = 50_000;

/** Opens its queue of one device, sends back what comes until there were so many frames, closes, and says what there was. */
const PROGRAM = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { COUNT_SENT, COUNT_FREE, DESCRIPTOR_WORDS } from ${JSON.stringify(CORE)};
  import { DpdkDriver, dpdkOptionsSchema } from ${JSON.stringify(DRIVER)};
  const { queue: index, queues, frames } = workerData;
  const device = 'net_null_workers,size=64';
  const options = dpdkOptionsSchema.parse({ device, queues, queue: index, eal: { memory: 'none' }, buffers: 2048 });
  const port = await new DpdkDriver().open(options, { interfaceName: 'lan' });
  parentPort.postMessage('open');
  await new Promise((resolve) => parentPort.once('message', resolve));
  const queue = port.queue(0);
  let [queued, received, sent] = [0, 0, 0];
  while (received < frames) {
    const count = queue.poll(queued);
    sent += queue.counts[COUNT_SENT];
    received += count;
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < 3; word++) queue.tx[i * DESCRIPTOR_WORDS + word] = queue.rx[i * DESCRIPTOR_WORDS + word];
      queue.tx[i * DESCRIPTOR_WORDS + 3] = 0;
    }
    queued = count;
  }
  for (let i = 0; i < queued; i++) queue.free[queue.counts[COUNT_FREE]++] = queue.tx[i * DESCRIPTOR_WORDS];
  const { refused } = port.statistics();
  await port.close();
  const { inUse, device: onDevice } = queue.audit();
  parentPort.postMessage({ received, sent: sent + queued, inUse, onDevice, refused: Object.values(refused).filter(Boolean) });
`;

interface Report {
  readonly received: number;
  readonly sent: number;
  readonly inUse: number;
  readonly onDevice: number;
  readonly refused: number[];
}

describeDpdk('worker threads', () => {
  test('each have a queue of one device, and buffers of their own; all come back', async () => {
    const address = new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`);
    const workers = Array.from(
      { length: QUEUES },
      (_, queue) => new Worker(address, { workerData: { queue, queues: QUEUES, frames: FRAMES } }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const reports = workers.map(async (worker) => {
      worker.postMessage('go');
      const [report] = (await once(worker, 'message')) as [Report];
      await once(worker, 'exit');
      return report;
    });
    for (const { received, sent, ...rest } of await Promise.all(reports)) {
      expect(received).toBeGreaterThanOrEqual(FRAMES);
      expect(sent).toBe(received);
      expect(rest).toEqual({ inUse: 0, onDevice: 0, refused: [] });
    }
  });
});
