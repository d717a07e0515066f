import { median, round, spread, type Figure } from '../report.js';
import type { Lab } from './lab.js';
import { TAP_SOURCES } from './links.js';
import { runLoadgen, type EchoLoad } from './loadgen.js';
import type { Peer } from './peers.js';

/** How peers are loaded. */
export interface Load {
  readonly kind: 'flood' | 'ping';
  /** Bytes of UDP payload. */
  readonly size: number;
  /** Random gaps between pings, up to so many microseconds. */
  readonly gapUs?: number;
  /** Spread over so many ports from the first on. */
  readonly ports?: number;
  /** Spread over so many client addresses. */
  readonly sources?: number;
}

/** How long is measured. */
export interface Patience {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
}

/** Longer than the kernel stops a real-time process that takes a whole core: that is a delay, and no loss. */
const TIMEOUT_S = 0.2;
/** Echoes under way in a flood. */
const WINDOW = 64;

/** What each peer did under one load, a measurement a round. */
export type Results = ReadonlyMap<string, readonly EchoLoad[]>;

/** Loads the peers in turn, over and over, so that what disturbs the machine disturbs them all. */
export async function measureRounds(
  lab: Lab,
  peers: readonly Peer[],
  loadOf: (peer: Peer) => Load,
  { rounds, seconds }: Patience,
): Promise<Results> {
  const results = new Map<string, EchoLoad[]>(peers.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (let k = 0; k < peers.length; k++) {
      const peer = peers[(k + i) % peers.length]; // each has each other as its predecessor in turn
      results.get(peer.name)!.push(await measure(lab, peer, loadOf(peer), seconds));
    }
  }
  return results;
}

async function measure(lab: Lab, peer: Peer, load: Load, seconds: number): Promise<EchoLoad> {
  const { client, host, server, isBusy } = peer;
  if (isBusy) server.resume();
  const isPing = load.kind === 'ping';
  const words = [`udp-${load.kind}`, '--host', host, '--size', load.size, '--secs', seconds, '--timeout', TIMEOUT_S];
  words.push('--window', WINDOW, '--server-pid', server.pid);
  if (load.ports !== undefined) words.push('--ports', load.ports);
  if (load.sources !== undefined) words.push('--sources', load.sources, '--source', TAP_SOURCES);
  // A client that sleeps adds its own waking to every round trip.
  if (isPing) words.push('--busy', '--gap-us', load.gapUs ?? 0);
  const result = await runLoadgen(lab, client, words, { spins: isPing });
  if (isBusy) server.pause();
  if (result.bad > 0) throw new Error(`${peer.name}: ${result.bad} echoes were not what had been sent`);
  return result;
}

/** What a figure of one peer is compared with. */
export interface Comparison {
  /** Name of the other peer. */
  readonly peer: string;
  /** Goal: at least (for rates) or at most (for round trips) so many times as much as the other. */
  readonly goal?: number;
  /** The same for the 99th percentile of the round trip under a flood: at most. */
  readonly p99Goal?: number;
}

/** The figure of one peer, with ratios to others: the median of the rounds' ratios. */
export function figureOf(
  prefix: string,
  kind: Load['kind'],
  results: Results,
  name: string,
  comparisons: readonly Comparison[] = [],
): Figure {
  const own = results.get(name)!;
  const of = kind === 'flood' ? (load: EchoLoad) => load.pps : (load: EchoLoad) => load.rtt_us.p50;
  const ratios: Record<string, number> = {};
  const missed: string[] = [];
  const compare = (label: string, other: readonly EchoLoad[], value: typeof of): number => {
    const ratio = round(median(own.map((load, i) => value(load) / value(other[i]))));
    ratios[label] = ratio;
    return ratio;
  };
  for (const { peer, goal, p99Goal } of comparisons) {
    const other = results.get(peer)!;
    const ratio = compare(peer, other, of);
    if (goal !== undefined && (kind === 'flood' ? ratio < goal : ratio > goal)) missed.push(peer);
    if (p99Goal !== undefined && compare(`${peer} p99`, other, p99) > p99Goal) missed.push(`${peer} p99`);
  }
  const hasGoal = comparisons.some(({ goal, p99Goal }) => goal !== undefined || p99Goal !== undefined);
  return {
    case: `${prefix} ${name}`,
    unit: kind === 'flood' ? 'echoes/s' : 'us p50',
    ...spread(own.map(of)),
    ratios,
    serverNs: median(own.map(({ server }) => server!.ns_per_pkt)),
    p50: median(own.map(({ rtt_us }) => rtt_us.p50)),
    p99: median(own.map(p99)),
    p999: median(own.map(({ rtt_us }) => rtt_us.p999)),
    lost: own.reduce((sum, { lost }) => sum + lost, 0),
    ...(hasGoal ? { goals: missed.length === 0 ? 'met' : `missed: ${missed.join(', ')}` } : {}),
  };
}

function p99({ rtt_us }: EchoLoad): number {
  return rtt_us.p99;
}
