/**
 * bench:dpdk: bursts through the DPDK driver on devices without hardware, against a loop in C++ that does the same work
 * over the same kind of queue, with its descriptors, checks and owners (`cMpps`, `ratio`), in the same process (C++,
 * JavaScript, C++ in turn), and dpdk-testpmd beside it. What the contract of a queue costs C++ itself shows beside a loop
 * that knows nothing of it, from DPDK's burst received to its burst sent (`bareMpps`). A process a row.
 *
 * net_null and net_ring show what was sent, and at the other end of a net_memif a dpdk-testpmd on the other core sends it
 * back: every frame that arrives gets the headers of a request from another station first, the same way in all of them
 * (`stampNs`, part of each figure).
 *
 * `npm run bench:dpdk [-- --json] [-- CASE...]`
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DpdkFigures } from './dpdk/dpdk-case.js';
import { testpmdMpps } from './dpdk/testpmd.js';
import { round } from './report.js';
import { SERVER_CPU } from './tap/process.js';

const CHILD = fileURLToPath(new URL('dpdk/dpdk-case.js', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const DEVICES = ['net_null', 'net_ring', 'net_memif'];
const SIZES = [64, 1500];
const CASES = ['macswap', 'udp-echo', 'udp-echo-checksum', 'udp-echo-view', 'udp-echo-copy'];
/** The loop in C++ counts only if its macswap is at least so much of dpdk-testpmd's. */
const LEAST_OF_TESTPMD = 0.8;

interface Row extends DpdkFigures {
  readonly case: string;
  readonly device: string;
  readonly bytes: number;
  readonly testpmdMpps: number;
  /** Whether the loop in C++ was fast enough to be a measure. */
  readonly valid: boolean;
}

async function measureDevice(device: string, bytes: number, cases: readonly string[]): Promise<Row[]> {
  const testpmd = await testpmdMpps(device, bytes);
  const figures = cases.map((name) => ({ name, ...child(name, device, bytes) }));
  const macswap = figures.find(({ name }) => name === 'macswap') ?? child('macswap', device, bytes);
  const valid = macswap.cMpps >= LEAST_OF_TESTPMD * testpmd;
  return figures.map(({ name, ...measured }) => ({
    case: name,
    device,
    bytes,
    cMpps: measured.cMpps,
    jsMpps: measured.jsMpps,
    testpmdMpps: round(testpmd),
    ratio: measured.ratio,
    gcPerMillion: measured.gcPerMillion,
    bareMpps: measured.bareMpps,
    stampNs: measured.stampNs,
    valid,
  }));
}

function child(name: string, device: string, bytes: number): DpdkFigures {
  // Beside a testpmd that spins on the other core there is one for us.
  const launcher = device === 'net_memif' ? ['taskset', '-c', String(SERVER_CPU)] : [];
  const [command, ...words] = [...launcher, process.execPath, CHILD, name, device, String(bytes)];
  const output = execFileSync(command, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.toString()) as DpdkFigures;
}

const isJson = process.argv.includes('--json');
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const rows: Row[] = [];
for (const device of DEVICES) {
  for (const bytes of SIZES) {
    const measured = await measureDevice(device, bytes, asked.length > 0 ? asked : CASES);
    if (isJson) for (const row of measured) console.log(JSON.stringify(row));
    rows.push(...measured);
  }
}
mkdirSync(RESULTS, { recursive: true });
writeFileSync(`${RESULTS}dpdk.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
if (!isJson) console.table(rows);
