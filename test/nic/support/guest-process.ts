import { within } from './within.js';

/** How a process in the machine ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PATIENCE_MS = 120_000;

/** A process in the emulated machine. */
export class GuestProcess {
  stdout = '';
  stderr = '';
  private outcome: Pick<Ended, 'code' | 'signal'> | undefined = undefined;
  private watchers: (() => void)[] = [];

  constructor(
    private readonly command: readonly string[],
    /** Sends it a signal. */
    readonly signal: (name: NodeJS.Signals) => void,
    /** Writes to its stdin. */
    readonly input: (text: string) => void,
  ) {}

  /** Waits until stdout matches, from `from` on; returns the match. */
  async output(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const match = async (): Promise<RegExpExecArray> => {
      for (;;) {
        const found = pattern.exec(this.stdout.slice(from));
        if (found !== null) return found;
        if (this.outcome !== undefined) throw new Error(`it has ended: ${this.description}`);
        await this.somethingNew();
      }
    };
    return this.explained(`${pattern} in the output`, match());
  }

  /** Waits for its end. */
  async end(): Promise<Ended> {
    const ended = async (): Promise<Ended> => {
      while (this.outcome === undefined) await this.somethingNew();
      return { ...this.outcome, stdout: this.stdout, stderr: this.stderr };
    };
    return this.explained('its end', ended());
  }

  /** It has said something. */
  heard(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.wake();
  }

  /** It has ended. */
  ended(code: number | null, signal: string | null): void {
    this.outcome = { code, signal };
    this.wake();
  }

  private get description(): string {
    return `${this.command.join(' ')}\n${this.stdout}${this.stderr}`;
  }

  private async explained<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    try {
      return await within(PATIENCE_MS, what, promise);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.description}`, { cause: error });
    }
  }

  private somethingNew(): Promise<void> {
    return new Promise((resolve) => this.watchers.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.watchers.splice(0)) resolve();
  }
}
