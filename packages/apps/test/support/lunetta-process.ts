import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StackCounters } from 'lunetta';
import type { Netns } from '@lunetta/testkit/jest';

const BIN = fileURLToPath(new URL('../../bin/lunetta.js', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PATIENCE_MS = 20_000;

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built `lunetta` command in a process of its own, in a namespace. */
export class LunettaProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<[number | null, string | null]>;

  /**
   * @param netns undefined: where the tests run, for commands without a network
   * @param wrap words before the command, such as `setpriv ...`
   * @param env environment variables beside our own
   */
  constructor(
    netns: Netns | undefined,
    args: readonly string[],
    { cwd = '/', wrap = [], env = {} }: { cwd?: string; wrap?: string[]; env?: Record<string, string> } = {},
  ) {
    if (!existsSync(DIST)) throw new Error('the command is not built; run: npm run build');
    const inside = netns === undefined ? [] : ['ip', 'netns', 'exec', netns.name];
    const [command, ...words] = [...inside, ...wrap, process.execPath, BIN, ...args];

    this.child = spawn(command, words, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(this.child, 'close') as Promise<[number | null, string | null]>;
  }

  /** Waits until stdout matches, and returns the match. */
  output(pattern: RegExp): Promise<RegExpExecArray> {
    return this.matching(pattern, () => this.stdout);
  }

  /** Waits until stderr matches. */
  async note(pattern: RegExp): Promise<void> {
    await this.matching(pattern, () => this.stderr);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Asks `lunetta services` for its counters. */
  async counters<Printed = StackCounters>(): Promise<Printed> {
    this.stdout = '';
    this.signal('SIGUSR2');
    const [line] = await this.output(/^\{.*\}\n/m);
    return JSON.parse(line) as Printed;
  }

  /** Waits for its end; after a while it is killed, which `signal` then shows. */
  async end(): Promise<Ended> {
    const killer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    const [code, signal] = await this.ended;
    clearTimeout(killer);
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  private async matching(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    const giveUp = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
      if (hasEnded || giveUp.aborted) {
        throw new Error(
          `no ${pattern} in the output:\n${this.stdout}\n${this.stderr}${hasEnded ? '\n(it has ended)' : ''}`,
        );
      }
      const spoken = [this.child.stdout!, this.child.stderr!].map((stream) => once(stream, 'data', { signal: giveUp }));
      await Promise.race([...spoken, this.ended]).catch(() => undefined);
    }
  }

  /** Ends it, whatever it does; for the end of a test. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Runs a command that needs no network, to its end. */
export function runLunetta(...args: string[]): Promise<Ended> {
  return new LunettaProcess(undefined, args).end();
}
