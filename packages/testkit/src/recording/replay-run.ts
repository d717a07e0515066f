import { SeededRandom, Stack, type StackSettings } from '@lunetta/core';
import { VirtualClock } from '../virtual/virtual-clock.js';
import { VirtualScheduler } from '../virtual/virtual-scheduler.js';
import { comparableCounters } from './comparable-counters.js';
import { ReplayApplication } from './replay-application.js';
import { readRecording, type Recording } from './recording.js';
import { describeRecord, RunScript } from './run-script.js';

/** Turns in which nothing of the recording happens, after which it is not going to. */
const PATIENCE_TURNS = 100;
/** Turns that a stack may take to close. */
const CLOSING_TURNS = 10_000;

/** What a replay may do otherwise than the recorded run. */
export interface ReplayOptions {
  /** Instead of the recorded ones; those not given are as recorded. */
  readonly settings?: StackSettings;
}

/** How a replay went. */
export interface ReplayOutcome {
  /** Records that came as they should. */
  readonly records: number;
  /** The first thing that was otherwise, with its line and time; undefined if all was as recorded. */
  readonly difference: string | undefined;
}

/**
 * Replays a recorded run, in virtual time and without its devices and its application: a new stack gets the same frames
 * in the same polls, the same calls and the same times. Everything that it does is compared with the recording, byte by
 * byte, up to the first difference.
 *
 * @param recording one that was read, or the path of a file
 * @throws LunettaError `LUNETTA_ERR_CAPTURE` if it is no recording; what the stack itself throws
 */
export async function replayRun(recording: Recording | string, options: ReplayOptions = {}): Promise<ReplayOutcome> {
  const replay = new Replay(typeof recording === 'string' ? readRecording(recording) : recording, options);
  return replay.run();
}

class Replay {
  private readonly script: RunScript;
  private readonly scheduler = new VirtualScheduler(new VirtualClock());
  private readonly stack: Stack;
  private readonly application: ReplayApplication;

  constructor(recording: Recording, { settings = {} }: ReplayOptions) {
    const { seed, settings: recorded } = recording.header;
    this.script = new RunScript(recording);
    const merged = mergeSettings(recorded, settings);
    this.stack = new Stack({ clock: this.script, scheduler: this.scheduler, random: new SeededRandom(seed) }, merged);
    this.application = new ReplayApplication(this.stack, this.script);
  }

  async run(): Promise<ReplayOutcome> {
    try {
      while (this.script.next !== undefined) await this.step();
    } finally {
      await this.close();
    }
    const { position: records, difference } = this.script;
    return { records, difference };
  }

  /** Has the next record happen. */
  private async step(): Promise<void> {
    const { script, application } = this;
    if (application.act()) return;
    const { next } = script;
    if (next === undefined) return;
    if ('closed' in next) return this.compareClosed(next.closed);
    if ('event' in next) {
      script.pass();
      script.moveTo(next.t);
      script.calls++;
      application.ports.find(({ name }) => name === next.event)?.tell(next);
      script.calls--;
      return;
    }
    // A poll, or a callback, which a turn of the stack's brings.
    for (let turns = 0; turns < PATIENCE_TURNS && script.next === next; turns++) await this.turn();
    if (script.next === next) script.differ(`this does not happen: ${describeRecord(next)}`);
  }

  /** One turn of the stack's loop; if it asked for none, a wake-up of a port. */
  private async turn(): Promise<void> {
    const turns = this.scheduler.takeTurn();
    if (turns.length === 0) for (const port of this.application.ports) port.wake();
    for (const turn of turns) turn();
    await Promise.resolve();
  }

  private async compareClosed(recorded: unknown): Promise<void> {
    const { script, application, stack } = this;
    if (application.closing === undefined) return script.differ('the stack was closed, but nobody closes it');
    await this.settle(application.closing);
    const path = differentMember(recorded, comparableCounters(stack, application.names));
    if (path === undefined) script.pass();
    else script.differ(`the stack has counted otherwise: ${path}`);
  }

  private async close(): Promise<void> {
    await this.settle(this.application.closing ?? this.stack.close());
  }

  /** Turns until the stack is closed. */
  private async settle(closing: Promise<void>): Promise<void> {
    let isClosed = false;
    const closed = closing.finally(() => (isClosed = true));
    for (let turns = 0; !isClosed && turns < CLOSING_TURNS; turns++) {
      for (const turn of this.scheduler.takeTurn()) turn();
      await Promise.resolve();
    }
    if (!isClosed) throw new Error(`the stack does not close within ${CLOSING_TURNS} turns`);
    await closed;
  }
}

/** Settings group by group, those given before those recorded. */
function mergeSettings(recorded: StackSettings, given: StackSettings): StackSettings {
  const groups = Object.keys({ ...recorded, ...given }) as (keyof StackSettings)[];
  return Object.fromEntries(groups.map((group) => [group, { ...recorded[group], ...given[group] }]));
}

/** Where two values of JSON differ, and how; undefined if they do not. */
function differentMember(recorded: unknown, seen: unknown, path = ''): string | undefined {
  if (typeof recorded !== 'object' || typeof seen !== 'object' || recorded === null || seen === null) {
    return recorded === seen ? undefined : `${path} was ${String(recorded)} and is ${String(seen)}`;
  }
  for (const key of Object.keys({ ...recorded, ...seen })) {
    const [before, now] = [recorded, seen].map((value) => (value as Record<string, unknown>)[key]);
    const different = differentMember(before, now, path === '' ? key : `${path}.${key}`);
    if (different !== undefined) return different;
  }
  return undefined;
}
