/**
 * Runs in the emulated machine: opens a card as a stack would, and tells what the card says of each frame that it receives;
 * sends what it is told to. Lines of JSON both ways; it ends when the card is gone.
 *
 * Usage: port-probe.js OPTIONS, those of the driver, as JSON
 */
import { createInterface } from 'node:readline';
import {
  COUNT_FREE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  OFFSET,
  RSS_HASH,
  VLAN_AND_MSS,
  type LinkQueue,
} from '@lunetta/core';
import { DpdkDriver, dpdkOptionsSchema } from '@lunetta/driver-dpdk';
import type { ProbeReport, SentFrame } from './protocol.js';

const POLL_MS = 5;

const port = await new DpdkDriver().open(dpdkOptionsSchema.parse(JSON.parse(process.argv[2])), {
  interfaceName: 'probe',
});
const queues = Array.from({ length: port.queueCount }, (_, index) => port.queue(index));

function tell(report: ProbeReport): void {
  console.log(JSON.stringify(report));
}

function receive(queue: LinkQueue, index: number): void {
  const { rx, memory, counts, free } = queue;
  const end = queue.poll(0) * DESCRIPTOR_WORDS;
  for (let d = 0; d < end; d += DESCRIPTOR_WORDS) {
    const bytes = memory.bytes.subarray(rx[d + OFFSET], rx[d + OFFSET] + rx[d + LENGTH]);
    const words = { flags: rx[d + FLAGS], hash: rx[d + RSS_HASH], tag: rx[d + VLAN_AND_MSS] & 0xffff };
    tell({ report: 'received', queue: index, ...words, frame: Buffer.from(bytes).toString('hex') });
    free[counts[COUNT_FREE]++] = rx[d + HANDLE];
  }
}

/** Sends a frame; it leaves with the next poll. */
function send({ frame, flags, headerLengths, vlanAndMss }: SentFrame): void {
  const { counts, stock, memory, headroom, tx } = queues[0];
  const bytes = Buffer.from(frame, 'hex');
  const handle = stock[--counts[COUNT_STOCK]];
  const at = memory.bufferAt(handle) + headroom;
  memory.bytes.set(bytes, at);
  tx.set([handle, at, bytes.length, flags, bytes.length, vlanAndMss, headerLengths]);
  if (queues[0].poll(1) > 0) throw new Error('a frame has arrived meanwhile: send only when all is quiet');
}

async function end(): Promise<void> {
  tell({ report: 'gone' });
  clearInterval(polling);
  orders.close();
  const { refused } = port.statistics();
  await port.close();
  tell({ report: 'closed', audits: queues.map((queue) => queue.audit()), refused });
}

const { rssTypes, rssKey, rssTable } = port.rss;
let isTold = false;
const polling = setInterval(() => {
  queues.forEach(receive);
  if (isTold || port.linkState !== 'up') return;
  isTold = true;
  const rss = { types: rssTypes, key: Buffer.from(rssKey).toString('hex'), table: [...rssTable] };
  tell({ report: 'open', driver: port.dpdkDriver, offloads: queues[0].offloads, rss });
}, POLL_MS);
const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => send(JSON.parse(line) as SentFrame));
port.setListener({ onWake: () => undefined, onEvent: (event) => (event === 'gone' ? void end() : undefined) });
