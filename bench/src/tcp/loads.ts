import { round, spread, median, type Figure } from '../report.js';
import type { Lab } from '../tap/lab.js';
import { runLoadgen } from '../tap/loadgen.js';
import type { Peer } from '../tap/peers.js';
import { CHARGEN_PORT, DISCARD_PORT, ECHO_PORT } from './services.js';

/** What the load generator finds out in its TCP modes, as far as it is used. */
interface TcpResult {
  readonly tx_mbit_s?: number;
  readonly rx_mbit_s?: number;
  readonly retrans?: number;
  readonly rate?: number;
  readonly conn_per_s?: number;
  readonly rss_bytes_per_conn?: number;
  readonly failed?: number;
  readonly timeouts?: number;
  readonly broken?: number;
  readonly rtt_us?: { readonly p50: number; readonly p99: number };
  readonly total_us?: { readonly p50: number; readonly p99: number };
  readonly server?: { readonly cpu: number };
}

/** One kind of load, and the figure that counts. */
export interface TcpLoad {
  readonly name: string;
  /** Mode and options of the load generator. */
  readonly words: readonly (string | number)[];
  readonly unit: string;
  readonly value: (result: TcpResult) => number;
  /** It spins, so that its own waking is not in the round trip. */
  readonly spins?: boolean;
  /** Others for which the first peer is to be at least (with `spins`: at most) so many times as much. */
  readonly goals: Readonly<Record<string, number>>;
  /** Its least value. */
  readonly least?: number;
  /** Without offloads, and beside frames that are written with no stack. */
  readonly isPlain?: boolean;
}

/** Connections are reset by the client, for the ports of its kernel would be used up by TIME-WAIT in a second. */
export const LOADS: readonly TcpLoad[] = [
  {
    name: 'bulk-in',
    words: ['tcp-bulk', '--dir', 'up', '--port', DISCARD_PORT],
    unit: 'Mbit/s',
    value: ({ tx_mbit_s }) => tx_mbit_s!,
    goals: { 'Node net': 1 },
  },
  {
    name: 'bulk-out',
    words: ['tcp-bulk', '--dir', 'down', '--port', CHARGEN_PORT],
    unit: 'Mbit/s',
    value: ({ rx_mbit_s }) => rx_mbit_s!,
    goals: { 'Node net': 1 },
  },
  {
    name: 'plain-in',
    words: ['tcp-bulk', '--dir', 'up', '--port', DISCARD_PORT],
    unit: 'Mbit/s',
    value: ({ tx_mbit_s }) => tx_mbit_s!,
    goals: {},
    isPlain: true,
  },
  {
    name: 'plain-out',
    words: ['tcp-bulk', '--dir', 'down', '--port', CHARGEN_PORT],
    unit: 'Mbit/s',
    value: ({ rx_mbit_s }) => rx_mbit_s!,
    goals: {},
    least: 3000,
    isPlain: true,
  },
  {
    name: 'request-1',
    words: ['tcp-rr', '--conns', 1, '--size', 64, '--busy', '--port', ECHO_PORT],
    unit: 'us p50',
    value: ({ rtt_us }) => rtt_us!.p50,
    spins: true,
    goals: { 'C server': 1 },
  },
  {
    name: 'request-64',
    words: ['tcp-rr', '--conns', 64, '--size', 64, '--port', ECHO_PORT],
    unit: 'requests/s',
    value: ({ rate }) => rate!,
    goals: {},
  },
  {
    name: 'connections',
    words: ['tcp-crr', '--conns', 32, '--size', 64, '--rst', '--port', ECHO_PORT],
    unit: 'connections/s',
    value: ({ conn_per_s }) => conn_per_s!,
    goals: { 'Node net': 3 },
    least: 30_000,
  },
];

/** How long is measured. */
export interface Patience {
  readonly rounds: number;
  readonly seconds: number;
}

/** Puts the load on the peers in turn, round by round; a figure for each. */
export async function measureLoad(
  lab: Lab,
  peers: readonly Peer[],
  load: TcpLoad,
  { rounds, seconds }: Patience,
): Promise<Figure[]> {
  const results = new Map<string, TcpResult[]>(peers.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (let k = 0; k < peers.length; k++) {
      const peer = peers[(k + i) % peers.length];
      results.get(peer.name)!.push(await measure(lab, peer, load, seconds));
    }
  }
  return peers.map(({ name }) => figureOf(load, results, name));
}

async function measure(lab: Lab, peer: Peer, { words, spins = false }: TcpLoad, seconds: number): Promise<TcpResult> {
  const { client, host, server } = peer;
  const options = ['--host', host, '--secs', seconds, '--server-pid', server.pid];
  const result = await runLoadgen<TcpResult>(lab, client, [...words, ...options], { spins });
  if ((result.broken ?? 0) > 0) throw new Error(`${peer.name}: ${result.broken} connections broke`);
  return result;
}

function figureOf(load: TcpLoad, results: ReadonlyMap<string, readonly TcpResult[]>, name: string): Figure {
  const own = results.get(name)!;
  const values = own.map(load.value);
  const ratios: Record<string, number> = {};
  for (const [other, theirs] of results) {
    if (other === name) continue;
    ratios[other] = round(median(values.map((value, i) => value / load.value(theirs[i]))));
  }
  const times = own.map(({ rtt_us, total_us }) => rtt_us ?? total_us).filter((time) => time !== undefined);
  return {
    case: `${load.name} ${name}`,
    unit: load.unit,
    ...spread(values),
    ratios,
    serverCpu: median(own.map(({ server }) => server!.cpu)),
    ...(times.length > 0 ? { p50: median(times.map(({ p50 }) => p50)), p99: median(times.map(({ p99 }) => p99)) } : {}),
    failed: own.reduce((sum, { failed = 0, timeouts = 0 }) => sum + failed + timeouts, 0),
    ...(own[0].retrans === undefined ? {} : { retransmitted: own.reduce((sum, { retrans = 0 }) => sum + retrans, 0) }),
    ...(name.startsWith('lunetta') ? { goals: judge(load, median(values), ratios) } : {}),
  };
}

function judge({ goals, least = 0, spins = false }: TcpLoad, value: number, ratios: Record<string, number>): string {
  const missed = Object.entries(goals).filter(([other, goal]) => (spins ? ratios[other] > goal : ratios[other] < goal));
  const names = missed.map(([other]) => other);
  if (value < least) names.push(`at least ${least}`);
  return names.length === 0 ? 'met' : `missed: ${names.join(', ')}`;
}
