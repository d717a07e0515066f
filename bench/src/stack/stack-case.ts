/**
 * One case of bench:stack in a process of its own: `node stack-case.js NAME` prints a line of JSON. The reflector and the
 * stack take turns behind the same generator; the stack's own time is what it takes longer.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checksum } from '@lunetta/core';
import { tuneEngine } from 'lunetta';
import { median, round, spread, type Figure } from '../report.js';
import { reflectorBench, stackBench, type Bench, type StackCase } from './benches.js';
import { forwardingBench, swappingBench, type ForwardingCase } from './forwarding.js';

const CASES: Readonly<Record<string, StackCase>> = {
  'echo-64': { frame: 60 },
  'echo-1400': { frame: 1442 },
  'echo-64-changed': { frame: 60, app: 'changed' },
  'echo-1400-changed': { frame: 1442, app: 'changed' },
  'echo-64-two-memories': { frame: 60, ports: 2 },
  'echo-64-view': { frame: 60, app: 'view' },
  'echo-64-copy': { frame: 60, app: 'copy' },
  'echo-64-sockets-100': { frame: 60, sockets: 100 },
  'echo-64-sockets-10000': { frame: 60, sockets: 10_000 },
  'echo-64-neighbours-4000': { frame: 60, neighbours: 4000 },
};

const FORWARDING: Readonly<Record<string, ForwardingCase>> = {
  'forward-64': { frame: 60, destinations: 64, routes: 1 },
  'forward-64-filtered': { frame: 60, destinations: 64, routes: 1, isFiltered: true },
  'forward-64-destinations-4000': { frame: 60, destinations: 4000, routes: 1 },
  'forward-64-routes-10000': { frame: 60, destinations: 4000, routes: 10_000 },
};

const ROUNDS = 11;
const ECHOES = Number(process.env['LUNETTA_BENCH_ECHOES'] ?? 300_000);
const MILLION = 1_000_000;

async function measure(name: string, reflector: Bench, stack: Bench, what: string): Promise<Figure> {
  reflector.run(ECHOES);
  stack.run(2 * ECHOES);
  const own: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const before = reflector.run(ECHOES);
    const whole = stack.run(ECHOES);
    const after = reflector.run(ECHOES);
    const flat = (before + after) / 2;
    own.push(whole - flat);
    ratios.push(flat / whole);
  }
  const collections = await collectionsPerMillion((echoes) => stack.run(echoes));
  return {
    case: name,
    unit: `ns of the stack's own time ${what}`,
    ...spread(own),
    ratios: { reflector: round(median(ratios)) },
    collectionsPerMillion: collections,
  };
}

/** Garbage collections during a million echoes. */
async function collectionsPerMillion(run: (echoes: number) => number): Promise<number> {
  const starts: number[] = [];
  const observer = new PerformanceObserver((list) => starts.push(...list.getEntries().map((entry) => entry.startTime)));
  observer.observe({ entryTypes: ['gc'] });
  const begin = performance.now();
  run(MILLION);
  const end = performance.now();
  await nextTurn();
  await nextTurn();
  observer.disconnect();
  return starts.filter((at) => at >= begin && at <= end).length;
}

function measureChecksum(): Figure {
  const memory = new DataView(new ArrayBuffer(4096).slice(0));
  for (let i = 0; i < 4096; i++) memory.setUint8(i, i * 7);
  const perCall = (sum: () => number): number => {
    const begin = process.hrtime.bigint();
    let total = 0;
    for (let i = 0; i < 100_000; i++) total += sum();
    if (total < 0) throw new Error('a checksum is never negative');
    return Number(process.hrtime.bigint() - begin) / 100_000;
  };
  const ours: number[] = [];
  const words: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(perCall(() => checksum.add(0, memory, 42, 1502)));
    words.push(perCall(() => sumOf16BitLoads(memory, 42, 1502)));
  }
  const ratios = { '16-bit loads': round(median(words) / median(ours)) };
  return { case: 'checksum-1460', unit: 'ns', ...spread(ours.slice(2)), ratios };
}

function sumOf16BitLoads(view: DataView, at: number, end: number): number {
  let sum = 0;
  for (; at < end; at += 2) sum += view.getUint16(at);
  return sum;
}

tuneEngine(); // as createStack does
const name = process.argv[2] ?? '';
const echo = CASES[name];
const forwarding = FORWARDING[name];
if (name === '--list') {
  console.log(JSON.stringify([...Object.keys(CASES), ...Object.keys(FORWARDING), 'checksum-1460']));
} else if (name === 'checksum-1460') console.log(JSON.stringify(measureChecksum()));
else if (echo !== undefined) {
  console.log(JSON.stringify(await measure(name, reflectorBench(echo), stackBench(echo), 'an echo')));
} else if (forwarding !== undefined) {
  const [flat, stack] = [swappingBench(forwarding), forwardingBench(forwarding)];
  console.log(JSON.stringify(await measure(name, flat, stack, 'a datagram forwarded')));
} else throw new Error(`no case '${name}'; --list names them`);
