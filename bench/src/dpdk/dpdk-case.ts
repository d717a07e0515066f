/**
 * One case of bench:dpdk in a process of its own: `node dpdk-case.js CASE DEVICE BYTES` prints a line of JSON. A loop in
 * C++, JavaScript, and the loop in C++ again take turns on the same device in the same process.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tuneEngine } from 'lunetta';
import { median, round } from '../report.js';
import { BenchDevice } from './bench-device.js';
import { runnerFor, WORKS, type CaseName } from './runners.js';

const ROUNDS = 9;
const FRAMES = Number(process.env['LUNETTA_BENCH_FRAMES'] ?? 1_500_000);
const MILLION = 1_000_000;

/** What is measured of a case: millions of frames a second, and the ratios of neighbouring runs. */
export interface DpdkFigures {
  readonly cMpps: number;
  readonly jsMpps: number;
  readonly ratio: number;
  readonly gcPerMillion: number;
  /** Nanoseconds that writing the requests' headers takes C++ for a frame; it is part of both figures. */
  readonly stampNs: number;
}

async function measure(name: CaseName, device: string, bytes: number): Promise<DpdkFigures> {
  const bench = await BenchDevice.open(
    device,
    bytes,
    name !== 'udp-echo' && name !== 'macswap' && name.endsWith('checksum'),
  );
  const runner = runnerFor(name, bench);
  const frames = bytes > 1000 ? FRAMES / 3 : FRAMES;
  const runC = (): number => bench.runC(WORKS[name], frames, true);
  const runJs = (): number => runner.run(frames);
  runC();
  for (let i = 0; i < 3; i++) runJs();
  const [c, js, ratios]: [number[], number[], number[]] = [[], [], []];
  for (let round_ = 0; round_ < ROUNDS; round_++) {
    const before = runC();
    const own = runJs();
    const after = runC();
    c.push(before, after);
    js.push(own);
    ratios.push((before + after) / 2 / own);
  }
  const gcPerMillion = await collections(() => runner.run(MILLION));
  const stampNs = (bench.runC(WORKS.macswap, frames, true) - bench.runC(WORKS.macswap, frames, false)) * 1e9;
  runner.check();
  await bench.close();
  const mpps = (seconds: readonly number[]): number => round(1e-6 / median(seconds));
  return {
    cMpps: mpps(c),
    jsMpps: mpps(js),
    ratio: round(median(ratios)),
    gcPerMillion,
    stampNs: round(Math.max(0, stampNs), 2),
  };
}

/** Garbage collections during a run. */
async function collections(run: () => number): Promise<number> {
  const starts: number[] = [];
  const observer = new PerformanceObserver((list) => starts.push(...list.getEntries().map((entry) => entry.startTime)));
  observer.observe({ entryTypes: ['gc'] });
  const begin = performance.now();
  run();
  const end = performance.now();
  await nextTurn();
  await nextTurn();
  observer.disconnect();
  return starts.filter((at) => at >= begin && at <= end).length;
}

tuneEngine(); // as createStack does
const [name, device, bytes] = process.argv.slice(2);
console.log(JSON.stringify(await measure(name as CaseName, device, Number(bytes))));
