import type { Clock } from '@lunetta/core';
import type { Recording } from './recording.js';
import type { PollRecord, RunRecord } from './run-record.js';

/** Lines of a file before the first record. */
const HEADER_LINES = 1;

/**
 * A recording on its way through a replay: which record is next, and the first difference, with which it is over. It is
 * the stack's clock too: what happens next says what time it is.
 */
export class RunScript implements Clock {
  /** What was otherwise than recorded. */
  difference: string | undefined = undefined;
  /** Records that came as they should. */
  position = 0;
  /** Calls, callbacks and link events that are under way: time stands still in them. */
  calls = 0;
  private now: number;

  constructor(private readonly recording: Recording) {
    this.now = recording.header.startUs;
  }

  /** The record that comes next; undefined if the replay is over. */
  get next(): RunRecord | undefined {
    return this.difference === undefined ? this.recording.records[this.position] : undefined;
  }

  /** What happened in the poll of an interface that is under way; undefined if nothing was recorded of it. */
  pollOf(interfaceName: string): PollRecord | undefined {
    const { next } = this;
    return next !== undefined && 'poll' in next && next.poll === interfaceName && next.t <= this.now ? next : undefined;
  }

  nowUs(): number {
    const { next } = this;
    if (this.calls === 0 && next !== undefined && 'poll' in next) this.moveTo(next.t);
    return this.now;
  }

  moveTo(us: number): void {
    this.now = Math.max(this.now, us);
  }

  /** The next record has come. */
  pass(): void {
    this.position++;
  }

  /** Something is not as the next record says; only the first time counts. */
  differ(what: string): void {
    this.difference ??= `line ${this.position + 1 + HEADER_LINES}, at ${this.now} us: ${what}`;
  }
}

/** A record in a few words, for messages. */
export function describeRecord(record: RunRecord | undefined): string {
  if (record === undefined) return 'the end of the recording';
  const text = JSON.stringify(record);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
