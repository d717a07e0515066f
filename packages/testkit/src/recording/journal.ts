import type { Clock } from '@lunetta/core';
import type { CaptureSink } from '@lunetta/driver-pcap';
import { ObjectNames } from './recorded-values.js';
import type { LinkEventRecord, PollRecord, RunHeader, RunRecord } from './run-record.js';

const encoder = new TextEncoder();

/**
 * Writes down what crosses a stack's border, line by line, each at once: a crash loses nothing. It is the stack's clock
 * too, so that what is written is the very time that the stack has seen.
 */
export class Journal implements Clock {
  readonly names = new ObjectNames();
  /** As `Clock.advanceTo`, if the clock has it. */
  readonly advanceTo?: (us: number) => boolean;
  private now: number;
  /** Calls, callbacks and link events that are under way: time stands still in them, as it does in a turn of the stack. */
  private calls = 0;
  /** The last poll in which nothing happened, as long as nothing happened after it. */
  private quietPoll: PollRecord | undefined = undefined;

  constructor(
    private readonly clock: Clock,
    private readonly sink: CaptureSink,
  ) {
    this.now = clock.nowUs();
    if (clock.advanceTo !== undefined) this.advanceTo = (us) => clock.advanceTo!(us);
  }

  nowUs(): number {
    if (this.calls === 0) this.now = this.clock.nowUs();
    return this.now;
  }

  /** The time that the stack has seen last. */
  get lastUs(): number {
    return this.now;
  }

  write(record: RunHeader | RunRecord): void {
    const { quietPoll } = this;
    this.quietPoll = undefined;
    // It has moved the stack's time, unless a later poll does so anyway.
    if (quietPoll !== undefined && !('poll' in record && record.t > quietPoll.t)) this.write(quietPoll);
    this.sink.write(encoder.encode(`${JSON.stringify(record)}\n`));
  }

  /** Notes a poll in which nothing happened; it is written only if it turns out to matter. */
  noteQuiet(poll: PollRecord): void {
    this.quietPoll = poll;
  }

  /**
   * Writes down a call of the application's, makes it, and writes down what came of it.
   *
   * @param args the arguments as they are written
   * @param work makes the call; what it returns is named before it is written
   */
  call<T>(name: string, args: readonly unknown[], work: () => T): T {
    this.begin();
    this.write({ t: this.now, call: name, args: this.names.encode(trimmed(args)) as [] });
    return this.finish(work);
  }

  /** Writes down that a property was set, and sets it. */
  assign(name: string, value: unknown, work: () => void): void {
    this.begin();
    this.write({ t: this.now, set: name, to: this.names.encode(value) });
    this.finish(work);
  }

  /** Writes down that the stack calls the application, and lets it. */
  callback<T>(name: string, args: readonly unknown[], work: () => T): T {
    this.calls++;
    this.write({ callback: name, args: this.names.encode(args) as [] });
    try {
      return work();
    } finally {
      this.write({ end: name });
      this.calls--;
    }
  }

  /** Writes down that a link tells the stack of a change, and lets it. */
  event(interfaceName: string, is: LinkEventRecord['is'], mtu: number, work: () => void): void {
    this.begin();
    try {
      this.write({ t: this.now, event: interfaceName, is, mtu });
      work();
    } finally {
      this.calls--;
    }
  }

  close(): void {
    this.sink.close();
  }

  private begin(): void {
    this.nowUs();
    this.calls++;
  }

  private finish<T>(work: () => T): T {
    try {
      const value = work();
      const written = value instanceof Promise ? null : this.names.encode(value);
      if (written !== null) this.write({ return: written });
      return value;
    } catch (error) {
      this.write({ throws: codeOf(error), message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      this.calls--;
    }
  }
}

/** By what an error is told from others: its code, or else its kind. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/** Arguments without the undefined ones at the end. */
function trimmed(args: readonly unknown[]): readonly unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return args.slice(0, length);
}
