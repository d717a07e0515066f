import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Lab, Netns } from './lab.js';

const READY_MS = 10_000;

/** The core of the client, and that of the server: one each, if there are as many. */
export const CLIENT_CPU = 0;
export const SERVER_CPU = Math.min(1, availableParallelism() - 1);

/** Whether we may ask for a real-time class, which keeps other processes from the two cores. */
export const isRealtime = spawnSync('chrt', ['-r', '1', 'true']).status === 0;

/**
 * The words before a command that put it into a namespace, on a core, and into a real-time class. Not for what spins:
 * the kernel stops a spinning real-time process for 50 ms of every second.
 */
export function launcher(netns: Netns, cpu: number, spins = false): string[] {
  const words = ['ip', 'netns', 'exec', netns.name, 'taskset', '-c', String(cpu)];
  return isRealtime && !spins ? [...words, 'chrt', '-r', '1'] : words;
}

/** A server under load, in a process of its own. */
export class Server {
  /** What it has printed. */
  output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Starts a command and waits until it prints `ready`. */
  static async start(lab: Lab, [command = '', ...words]: readonly string[]): Promise<Server> {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    lab.atEnd(() => void child.kill('SIGKILL'));
    const server = new Server(child);
    await server.printed(/^ready/m);
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until it has printed something; returns the match. */
  async printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const match = pattern.exec(this.output.slice(from));
      if (match !== null) return match;
      if (this.isEnded || performance.now() > deadline) {
        throw new Error(`${this.child.spawnargs.join(' ')} did not print ${pattern}, but:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Asks a `lunetta services` for its counters. */
  async counters<Counters>(): Promise<Counters> {
    const from = this.output.length;
    this.child.kill('SIGUSR2');
    const [json] = await this.printed(/^\{.*\}\n/m, from);
    return JSON.parse(json) as Counters;
  }

  /** Stops it for a while. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends it as its user would; its exit code. */
  async end(): Promise<number | null> {
    if (!this.isEnded) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    return this.child.exitCode;
  }

  private get isEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
