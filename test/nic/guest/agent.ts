/**
 * Runs in the emulated machine and does there what the test orders: starts processes, tells what they say, signals them,
 * writes files. The channel is a virtio port, the only one there is. When the test goes, the agent ends, and the machine
 * with it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createReadStream, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Order, Report } from './protocol.js';

const WORKING_FOLDER = '/run';

const [port] = readdirSync('/sys/class/virtio-ports');
const channel = openSync(`/dev/${port}`, 'r+');
const processes = new Map<number, ChildProcessWithoutNullStreams>();

function tell(report: Report): void {
  const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(channel, bytes, at);
}

function start(id: number, [command = '', ...words]: readonly string[]): void {
  const child = spawn(command, words, { cwd: WORKING_FOLDER, stdio: 'pipe' });
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => tell({ report: name, process: id, text }));
  }
  child.stdin.on('error', () => child.stdin.destroy()); // it has ended, which is told
  child.once('error', (error) => tell({ report: 'stderr', process: id, text: `${error.message}\n` }));
  child.once('close', (code, signal) => {
    processes.delete(id);
    tell({ report: 'end', process: id, code, signal });
  });
  processes.set(id, child);
}

function obey(order: Order): void {
  switch (order.order) {
    case 'start':
      return start(order.process, order.command);
    case 'signal':
      return void processes.get(order.process)?.kill(order.signal);
    case 'input':
      return void processes.get(order.process)?.stdin.write(order.text);
    case 'write':
      return writeFileSync(order.path, order.text);
  }
}

const orders = createInterface({ input: createReadStream('', { fd: channel, autoClose: false }) });
orders.on('line', (line) => obey(JSON.parse(line) as Order));
orders.on('close', () => process.exit(0));
tell({ report: 'ready' });
