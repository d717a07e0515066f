import { injectable } from 'inversify';

/** Clears the terminal's line from the cursor to its end (ECMA-48: EL). */
const CLEAR_TO_END = '\x1b[K';

/** What the command says: results on stdout, problems on stderr. */
@injectable()
export class Output {
  private isLiveLineShown = false;

  constructor() {
    // Who reads us has gone (`lunetta echo | head`): that is a wish to end, cleanly as by a signal.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.kill(process.pid, 'SIGTERM');
    });
  }

  /** Whether people look on: then lines may be rewritten in place. */
  get isTerminal(): boolean {
    return process.stdout.isTTY;
  }

  /** One line for people. */
  line(text: string): void {
    this.endLiveLine();
    process.stdout.write(`${text}\n`);
  }

  /** One line for programs. */
  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** One problem. */
  problem(text: string): void {
    this.endLiveLine();
    process.stderr.write(`lunetta: ${text}\n`);
  }

  /** One line for people beside the results: on stderr, so that stdout holds these alone. */
  note(text: string): void {
    this.endLiveLine();
    process.stderr.write(`${text}\n`);
  }

  /** A line that the next one replaces; on a terminal only. */
  liveLine(text: string): void {
    const width = process.stdout.columns;
    process.stdout.write(`\r${text.slice(0, width - 1)}${CLEAR_TO_END}`);
    this.isLiveLineShown = true;
  }

  /** Ends a live line, so that what comes next on the terminal has a line of its own. */
  endLiveLine(): void {
    if (this.isLiveLineShown) process.stdout.write('\n');
    this.isLiveLineShown = false;
  }
}
