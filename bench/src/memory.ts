/**
 * bench:memory: the resident size of `lunetta services` (Node included): idle, after one minute of full load, and after
 * each minute from then on. The load is a flood of UDP echoes over TAP, small and large datagrams in turn, while a
 * socket's worth of other things goes on as always (ARP, timers). Read the ratio of the last minute to the first: the
 * stack takes all its memory at the start, so it stays at 1; V8's own heap moves it by a few per cent and no further.
 * The goals: idle under 100 MB, and the last minute within 5 % of the first.
 *
 * `npm run bench:memory [-- --minutes 10] [-- --json]`. `--json` prints a line of JSON for each figure: case, unit,
 * value, min, max, ratios, goals. Needs root.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { report, round, type Figure } from './report.js';
import { inLab } from './tap/lab.js';
import { runLoadgen } from './tap/loadgen.js';
import { services } from './tap/peers.js';

const IDLE_MS = 3000;
const IDLE_GOAL_MB = 100;
const GROWTH_GOAL = 1.05;
/** Bytes of payload, in turn, and how long each. */
const SIZES = [64, 1400, 512];
const TURN_S = 60 / SIZES.length;

const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const minutes = Number(flags.minutes);
if (!(Number.isInteger(minutes) && minutes >= 2)) throw new Error('--minutes is a whole number of 2 or more');
const { idle, loaded, echoes } = await measure();
report('memory', [
  figure('idle', idle, idle < IDLE_GOAL_MB),
  figure('after 1 minute of load', loaded[0]),
  {
    ...figure(`after ${minutes} minutes of load`, loaded.at(-1)!, loaded.at(-1)! <= GROWTH_GOAL * loaded[0]),
    min: Math.min(...loaded),
    max: Math.max(...loaded),
    ratios: { 'after 1 minute': round(loaded.at(-1)! / loaded[0]) },
    echoes,
  },
]);

async function measure(): Promise<{ idle: number; loaded: number[]; echoes: number }> {
  return await inLab(async (lab) => {
    const { client, host, server } = await services('adaptive')(lab);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idle = residentMb(server.pid);
    const loaded: number[] = [];
    let echoes = 0;
    for (let i = 0; i < minutes; i++) {
      for (const size of SIZES) {
        const words = ['udp-flood', '--host', host, '--size', size, '--secs', TURN_S, '--warmup', 0, '--timeout', 0.2];
        echoes += (await runLoadgen(lab, client, words)).rtt_us.n;
      }
      loaded.push(residentMb(server.pid));
    }
    return { idle, loaded, echoes };
  });
}

/** VmRSS of a process, in millions of bytes. */
function residentMb(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kib) * 1024) / 1e6;
}

function figure(name: string, mb: number, isGoalMet?: boolean): Figure {
  const goals = isGoalMet === undefined ? {} : { goals: isGoalMet ? 'met' : 'missed' };
  return { case: `resident ${name}`, unit: 'MB', value: mb, min: mb, max: mb, ...goals };
}
