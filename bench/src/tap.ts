/**
 * bench:tap: UDP echo over a TAP device, beside what else could stand there. The load generator keeps 64 datagrams
 * under way from the kernel's side; it and the server have a core each. Read a figure as the median of the rounds,
 * and trust the ratios more than the figures: peers are measured in turn, round by round, and a ratio is the median of
 * the rounds' ratios, so a noisy neighbour hits both sides of it. `serverNs` is what the server's process spends on a
 * datagram, the kernel's work on its behalf included; p50, p99 and p999 are round trips in microseconds, in which most
 * of the time is waiting for the 63 others. `ping` has one datagram under way and a client that spins: the delay
 * itself; smaller is better there. Without gaps a request comes before anybody has gone to sleep; with `gaps` of up to
 * 200 microseconds the waking is in it. The `reflector` is a flat JavaScript function on our TAP driver, which says what
 * the driver allows; `C server` (epoll and recvmmsg) and `dgram` (Node) run on the kernel's own stack behind a veth
 * pair. `sockets` and `neighbours` show how the cost grows with their number: a ratio of 1 is flat.
 *
 * `npm run bench:tap [-- --rounds 5] [-- --seconds 3] [-- --long] [-- --json] [-- PART...]`, where PART is `echo`,
 * `ping` or `growth` (default: all three); `--long` adds a minute a peer for the 99.9th percentile. `--json` prints a
 * line of JSON for each figure: case, unit, value, min, max, ratios, and the columns named above. Needs root.
 */
import { parseArgs } from 'node:util';
import { report, type Figure } from './report.js';
import { inLab, type Lab } from './tap/lab.js';
import { cServer, dgram, echoServer, reflector, services, type Peer, type PeerStart } from './tap/peers.js';
import { isRealtime } from './tap/process.js';
import { figureOf, measureRounds, type Comparison, type Load, type Patience } from './tap/rounds.js';

const SIZES = [64, 1400];
const LUNETTAS = ['lunetta adaptive', 'lunetta interrupt', 'lunetta view'];
const ECHO_GOALS: readonly Comparison[] = [
  { peer: 'reflector', goal: 0.9 },
  { peer: 'C server', goal: 1, p99Goal: 1 },
  { peer: 'dgram', goal: 2.5 },
];
const LONG_SECONDS = 60;
/** Between the pings of `ping-64-gaps`, at random: long enough for a server to go to sleep. */
const GAP_US = 200;

type Part = (lab: Lab, patience: Patience) => Promise<Figure[]>;

const view = echoServer('lunetta view', { api: 'view' });

const PARTS: Readonly<Record<string, Part>> = { echo, ping, growth, long };

async function startAll(lab: Lab, starts: readonly PeerStart[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const start of starts) {
    const peer = await start(lab);
    if (peer.isBusy) peer.server.pause();
    peers.push(peer);
  }
  return peers;
}

async function echo(lab: Lab, patience: Patience): Promise<Figure[]> {
  const peers = await startAll(lab, [services('adaptive'), services('interrupt'), view, reflector, cServer, dgram]);
  const figures: Figure[] = [];
  for (const size of SIZES) {
    const results = await measureRounds(lab, peers, () => ({ kind: 'flood', size }), patience);
    for (const { name } of peers) {
      const goals = LUNETTAS.includes(name) ? ECHO_GOALS : [];
      figures.push(figureOf(`echo-${size}`, 'flood', results, name, goals));
    }
  }
  return figures;
}

async function ping(lab: Lab, patience: Patience): Promise<Figure[]> {
  const modes = ['busy', 'adaptive', 'interrupt'] as const;
  const peers = await startAll(lab, [...modes.map(services), reflector, cServer, dgram]);
  const others = peers.slice(modes.length).map(({ name }) => ({ peer: name }));
  const figures: Figure[] = [];
  for (const [prefix, gapUs] of [
    ['ping-64', 0],
    ['ping-64-gaps', GAP_US],
  ] as const) {
    const results = await measureRounds(lab, peers, () => ({ kind: 'ping', size: 64, gapUs }), patience);
    peers.forEach(({ name }, i) => {
      const comparisons = i < modes.length ? others.map((other) => (i === 0 ? { ...other, goal: 1 } : other)) : [];
      figures.push(figureOf(prefix, 'ping', results, name, comparisons));
    });
  }
  return figures;
}

/** What grows, and the load that makes use of all of it; the first of each kind is what the others are compared with. */
const GROWTH: readonly { readonly name: string; readonly base: string; readonly load: Partial<Load> }[] = [
  { name: 'sockets 1', base: 'sockets 1', load: { ports: 1 } },
  { name: 'sockets 100', base: 'sockets 1', load: { ports: 100 } },
  { name: 'sockets 10000', base: 'sockets 1', load: { ports: 10_000 } },
  { name: 'neighbours 1', base: 'neighbours 1', load: { ports: 1, sources: 1 } },
  { name: 'neighbours 4000', base: 'neighbours 1', load: { ports: 1, sources: 4000 } },
];

/**
 * All from one unconnected socket of the client, so that its own cost does not grow: each datagram names its port and
 * its source (IP_PKTINFO), out of a range for which the kernel's side answers as if all of it were its own addresses.
 */
async function growth(lab: Lab, patience: Patience): Promise<Figure[]> {
  const starts = GROWTH.map(({ name, load }) => echoServer(name, { sockets: load.ports ?? 1 }));
  const peers = await startAll(lab, starts);
  const loads = new Map(GROWTH.map(({ name, load }) => [name, load]));
  const loadOf = (peer: Peer): Load => ({ kind: 'flood', size: 64, ...loads.get(peer.name) });
  const results = await measureRounds(lab, peers, loadOf, patience);
  return GROWTH.map(({ name, base }) =>
    figureOf('growth', 'flood', results, name, name === base ? [] : [{ peer: base }]),
  );
}

async function long(lab: Lab): Promise<Figure[]> {
  const peers = await startAll(lab, [view, services('adaptive'), cServer]);
  const patience = { rounds: 1, seconds: LONG_SECONDS };
  const results = await measureRounds(lab, peers, () => ({ kind: 'flood', size: 64 }), patience);
  return peers.map(({ name }) => {
    const { p999, ...figure } = figureOf('long-64', 'flood', results, name);
    const us = Number(p999);
    return { ...figure, unit: 'us p99.9', value: us, min: us, max: us };
  });
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    long: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const names = [...(positionals.length > 0 ? positionals : ['echo', 'ping', 'growth']), ...(flags.long ? ['long'] : [])];
const patience = { rounds: Number(flags.rounds), seconds: Number(flags.seconds) };
if (!isRealtime) console.error('No right to a real-time class: other processes will disturb these figures more.');
const figures: Figure[] = [];
for (const name of new Set(names)) {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`no part '${name}'; there are ${Object.keys(PARTS).join(', ')}`);
  figures.push(...(await inLab((lab) => part(lab, patience))));
}
report('tap', figures);
