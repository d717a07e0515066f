import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Lab, Netns } from './lab.js';
import { CLIENT_CPU, launcher } from './process.js';

const SOURCES = fileURLToPath(new URL('../../native/', import.meta.url));
const BUILD = `${SOURCES}build/`;
const PROGRAM = `${BUILD}loadgen`;

/** Round trips, in microseconds. */
interface Latency {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What `udp-flood` and `udp-ping` of the load generator find out. */
export interface EchoLoad {
  /** Echoes a second; `udp-flood` only. */
  readonly pps: number;
  /** Requests not answered. */
  readonly lost: number;
  /** Answers that were not what had been sent. */
  readonly bad: number;
  readonly rtt_us: Latency;
  /** What the server spent: the share of a core, and nanoseconds of CPU time an echo. */
  readonly server?: { readonly cpu: number; readonly ns_per_pkt: number };
}

/** What `udp-blast` and `frame-blast` have sent. */
export interface Blast {
  readonly sent: number;
  readonly sent_pps: number;
}

/** Path of the load generator, which is built if it is not there or older than its sources. */
export function loadgen(): string {
  const files = readdirSync(SOURCES).filter((name) => /\.[ch]$/.test(name));
  const newest = Math.max(...files.map((name) => statSync(SOURCES + name).mtimeMs));
  if ((statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= newest) return PROGRAM;
  mkdirSync(BUILD, { recursive: true });
  const fresh = `${PROGRAM}.${process.pid}`; // others may be building, too
  const sources = files.filter((name) => name.endsWith('.c')).map((name) => SOURCES + name);
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', fresh, ...sources]);
  renameSync(fresh, PROGRAM);
  return PROGRAM;
}

/** How a run of the load generator is started. */
export interface LoadOptions {
  readonly cpu?: number;
  /** It spins, and so is in no real-time class. */
  readonly spins?: boolean;
}

/**
 * Runs the load generator in a namespace.
 *
 * @param words its mode and options
 */
export async function runLoadgen<Result = EchoLoad>(
  lab: Lab,
  netns: Netns,
  words: readonly (string | number)[],
  { cpu = CLIENT_CPU, spins = false }: LoadOptions = {},
): Promise<Result> {
  const [command = '', ...rest] = [...launcher(netns, cpu, spins), loadgen(), ...words.map(String)];
  const running = promisify(execFile)(command, rest);
  lab.atEnd(() => void running.child.kill('SIGKILL'));
  const { stdout } = await running;
  return JSON.parse(stdout) as Result;
}
