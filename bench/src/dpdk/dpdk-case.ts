/**
 * One case of bench:dpdk in a process of its own: `node dpdk-case.js CASE DEVICE BYTES` prints a line of JSON. The loop in
 * C++, JavaScript, the loop in C++ again and the bare loop in C++ take turns on the same device in the same process, a
 * tenth of a second each.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tuneEngine } from 'lunetta';
import { median, round } from '../report.js';
import { BenchDevice } from './bench-device.js';
import { answersInPlace, runnerFor, WORKS, type CaseName } from './runners.js';

const ROUNDS = Number(process.env['LUNETTA_BENCH_ROUNDS'] ?? 9);
const RUN_SECONDS = 0.1;
/** To find out how many frames a run takes. */
const FIRST_FRAMES = 200_000;
const MILLION = 1_000_000;

/** What is measured of a case: millions of frames a second, and the ratios of neighbouring runs. */
export interface DpdkFigures {
  readonly cMpps: number;
  readonly jsMpps: number;
  readonly ratio: number;
  readonly gcPerMillion: number;
  /** The loop in C++ without descriptors, checks and owners; null where an answer is not the request's buffer. */
  readonly bareMpps: number | null;
  /** Nanoseconds that writing the requests' headers takes C++ for a frame; it is part of all figures. */
  readonly stampNs: number;
}

/** Runs a number of frames; seconds a frame. */
type Run = (frames: number) => number;

async function measure(name: CaseName, device: string, bytes: number): Promise<DpdkFigures> {
  const bench = await BenchDevice.open(device, bytes, name.endsWith('checksum'));
  const runner = runnerFor(name, bench);
  const work = WORKS[name];
  const hasBare = answersInPlace(name);
  const runC = timed((frames) => bench.runC(work, frames));
  const runJs = timed((frames) => runner.run(frames));
  const runBare = hasBare ? timed((frames) => bench.runBare(work, frames)) : undefined;
  const [c, js, ratios, bare]: number[][] = [[], [], [], []];
  for (let each = 0; each < ROUNDS; each++) {
    const before = runC();
    const own = runJs();
    const after = runC();
    c.push(before, after);
    js.push(own);
    ratios.push((before + after) / 2 / own);
    if (runBare !== undefined) bare.push(runBare());
  }
  const gcPerMillion = await collections(() => runner.run(MILLION));
  const stampNs = measureStamp(bench);
  runner.check();
  bench.check();
  await bench.close();
  const mpps = (seconds: readonly number[]): number => round(1e-6 / median(seconds));
  return {
    cMpps: mpps(c),
    jsMpps: mpps(js),
    ratio: round(median(ratios)),
    gcPerMillion,
    bareMpps: hasBare ? mpps(bare) : null,
    stampNs,
  };
}

/** A run of as many frames as take a tenth of a second, once it is warm. */
function timed(run: Run): () => number {
  for (let warm = 0; warm < 3; warm++) run(FIRST_FRAMES);
  const frames = Math.ceil(RUN_SECONDS / run(FIRST_FRAMES));
  run(frames);
  return () => run(frames);
}

function measureStamp(bench: BenchDevice): number {
  const [stamped, plain] = [true, false].map((isStamped) =>
    timed((frames) => bench.runBare(WORKS.macswap, frames, isStamped)),
  );
  const differences = Array.from({ length: ROUNDS }, () => stamped() - plain());
  return round(Math.max(0, median(differences) * 1e9), 2);
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
