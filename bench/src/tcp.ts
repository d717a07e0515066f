/**
 * bench:tcp: TCP over a TAP device, beside Node's `net` and a C server on the kernel's own stack behind a veth pair,
 * which hands on segments of up to 64 KiB in one piece. The same load generator loads all of them from the kernel's
 * side, in turn, round by round, with a core for itself and one for the server; a ratio is the median of the rounds'
 * ratios. `bulk-in` is from the kernel to us, `bulk-out` from us to the kernel, one connection each; `request-1` is the
 * round trip of 64 bytes on one connection with a client that spins (smaller is better), `request-64` the rate on 64
 * connections; `connections` opens, asks, and ends, 32 at a time. `plain-in` and `plain-out` are bulk without offloads, in
 * frames of 1,500 bytes, the latter beside frames that are written to the device with no stack.
 *
 * `memory` are two stacks of ours in one process, joined by the memory link, without a system call: bulk (`ring-bulk`: over
 * DPDK's rings), what a request costs with 10 and with 100,000 connections open (ten of the many in turn with ten alone),
 * and the bytes and the processor's time that an idle
 * connection takes (of both its ends, halved).
 *
 * `npm run bench:tcp [-- --rounds 3] [-- --seconds 2] [-- --json] [-- PART...]`, where PART is `tap`, `memory`, or the name
 * of a load or case. `--json` prints a line of JSON for each figure: case, unit, value, min, max, ratios, goals. The parts over
 * TAP need root.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report, type Figure } from './report.js';
import { inLab } from './tap/lab.js';
import { cServer, frameSource, nodeNet, plainServices, services, type Peer, type PeerStart } from './tap/peers.js';
import { isRealtime } from './tap/process.js';
import { LOADS, measureLoad, type Patience, type TcpLoad } from './tcp/loads.js';

const adaptive = services('adaptive');
const CHILD = fileURLToPath(new URL('tcp/memory-case.js', import.meta.url));

async function overTap(loads: readonly TcpLoad[], patience: Patience): Promise<Figure[]> {
  if (loads.length === 0) return [];
  if (!isRealtime) console.error('No right to a real-time class: other processes will disturb these figures more.');
  return await inLab(async (lab) => {
    const started = new Map<PeerStart, Peer>();
    const figures: Figure[] = [];
    for (const load of loads) {
      const peers: Peer[] = [];
      for (const start of peersFor(load)) {
        if (!started.has(start)) started.set(start, await start(lab));
        peers.push(started.get(start)!);
      }
      figures.push(...(await measureLoad(lab, peers, load, patience)));
    }
    return figures;
  });
}

function peersFor({ name, isPlain = false }: TcpLoad): PeerStart[] {
  if (!isPlain) return [adaptive, nodeNet, cServer];
  return name === 'plain-out' ? [plainServices, frameSource] : [plainServices];
}

function inMemory(name: string): Figure {
  return JSON.parse(child(name)) as Figure;
}

/** Each case in a process of its own; idle memory is only seen after a collection. */
function child(argument: string): string {
  return execFileSync(process.execPath, ['--expose-gc', CHILD, argument], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const cases = JSON.parse(child('--list')) as string[];
const known = ['tap', 'memory', ...cases, ...LOADS.map(({ name }) => name)];
for (const name of positionals) {
  if (!known.includes(name)) throw new Error(`no part '${name}'; there are ${known.join(', ')}`);
}
const isAsked = (part: string, name: string): boolean =>
  positionals.length === 0 || positionals.includes(part) || positionals.includes(name);
const patience = { rounds: Number(flags.rounds), seconds: Number(flags.seconds) };
const figures = await overTap(
  LOADS.filter(({ name }) => isAsked('tap', name)),
  patience,
);
report('tcp', [...figures, ...cases.filter((name) => isAsked('memory', name)).map(inMemory)]);
