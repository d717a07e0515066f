/**
 * Runs in the emulated machine: a stack for each queue of a card, in worker threads, as docs/production.md has it; two stacks
 * in each, since the start of a thread takes long here. Each stack answers datagrams to port 7 with the number of its queue.
 * Lines of JSON tell what is to be known of RSS once all links are up, and the accounts of each stack after SIGTERM.
 *
 * Usage: queue-workers.js QUEUES CONFIGURATION, that of one interface and its neighbours, as JSON
 */
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { DpdkPort } from '@lunetta/driver-dpdk';
import type { LunettaConfig, LunettaStack } from 'lunetta';
import type { QueueAccounts, QueuesReady } from './protocol.js';

const ECHO_PORT = 7;
const QUEUES_EACH = 2;

/** Opens a stack on a queue, and waits for its link. */
async function serve(queue: number, queues: number, config: LunettaConfig): Promise<LunettaStack> {
  const { createStack } = await import('lunetta'); // by the workers only: in an emulated machine it takes its time
  const [{ options, ...lan }] = config.interfaces;
  const stack = await createStack({ ...config, interfaces: [{ ...lan, options: { ...options, queues, queue } }] });
  const socket = stack.udp.open();
  socket.onDatagram = ({ remoteAddress, remotePort }) => {
    socket.send(Uint8Array.of(queue), remoteAddress, remotePort);
  };
  socket.bind({ port: ECHO_PORT });
  while (stack.interfaces[0].port.linkState !== 'up') await once(stack, 'link');
  return stack;
}

/** Serves the queues from `first` on until it is told to close. */
async function work(first: number, queues: number, config: LunettaConfig): Promise<void> {
  const own = Array.from({ length: QUEUES_EACH }, (_, i) => first + i);
  const stacks = await Promise.all(own.map((queue) => serve(queue, queues, config)));
  const { rssKey, rssTable } = (stacks[0].interfaces[0].port as DpdkPort).rss;
  parentPort!.postMessage({ key: Buffer.from(rssKey).toString('hex'), table: [...rssTable] } satisfies QueuesReady);
  await once(parentPort!, 'message');
  const delivered = stacks.map((stack) => stack.counters().interfaces[0].rx.delivered);
  for (const stack of stacks) await stack.close();
  parentPort!.postMessage('closed');
  await once(parentPort!, 'message'); // all are: the card gives its buffers back with the last of its queues
  const audits = stacks.map((stack) => stack.interfaces[0].io.queue.audit());
  const accounts: QueueAccounts[] = own.map((queue, i) => ({ queue, delivered: delivered[i], audit: audits[i] }));
  parentPort!.postMessage(accounts);
}

/** Starts the workers, and tells what they say. */
async function lead(queues: number): Promise<void> {
  const argv = process.argv.slice(2);
  const begin = (first: number): Worker => new Worker(new URL(import.meta.url), { argv, workerData: first });
  const workers = Array.from({ length: queues / QUEUES_EACH }, (_, index) => begin(index * QUEUES_EACH));
  const said = (): Promise<unknown[]> =>
    Promise.all(workers.map(async (each) => (await once(each, 'message'))[0] as unknown));
  const order = (word: string): Promise<unknown[]> => {
    for (const worker of workers) worker.postMessage(word);
    return said();
  };
  const [ready] = await said();
  const ended = once(process, 'SIGTERM');
  console.log(JSON.stringify(ready));
  await ended;
  await order('close');
  console.log(JSON.stringify((await order('tell')).flat()));
}

const [queues, config] = [Number(process.argv[2]), JSON.parse(process.argv[3]) as LunettaConfig];
await (isMainThread ? lead(queues) : work(workerData as number, queues, config));
