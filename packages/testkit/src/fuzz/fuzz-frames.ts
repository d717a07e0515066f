import { SeededRandom } from '@lunetta/core';
import { keepApart } from '../leaks/kept-things.js';
import type { FuzzStep } from './fuzz-step.js';
import { minimise } from './minimise.js';
import { writeFoundTest, type FoundTestOptions } from './write-found-test.js';

/** What {@link fuzzFrames} does. */
export interface FuzzOptions {
  /** Of the first run; each run has the next one. */
  readonly seed: number;
  readonly runs: number;
  /** Steps of a run at most; 100 if not given. */
  readonly maxSteps?: number;
  /** Makes the next step. */
  readonly step: (random: SeededRandom) => FuzzStep;
  /** Has the steps happen; throws (or rejects) when what should hold does not. The same steps do the same every time. */
  readonly property: (steps: readonly FuzzStep[]) => unknown;
  /** What is found is written as a test. */
  readonly found: FoundTestOptions;
  /** How often the property is tried while what was found is made smaller; 10,000 if not given. */
  readonly tries?: number;
}

/**
 * Looks for steps that break a property. What is found is shrunk to the fewest steps, and those to the shortest frames
 * with the least that is wrong or not zero in them; then it is written as a test, with a capture.
 *
 * @throws Error (rejects) with what broke, and where the test is
 */
export async function fuzzFrames(options: FuzzOptions): Promise<void> {
  const { seed, runs, maxSteps = 100, step } = options;
  for (let run = 0; run < runs; run++) {
    const random = new SeededRandom(seed + run);
    const steps = Array.from({ length: 1 + random.below(maxSteps) }, () => step(random));
    if ((await failureOf(options, steps)) !== undefined) await report(options, seed + run, steps);
  }
}

async function report(options: FuzzOptions, seed: number, steps: readonly FuzzStep[]): Promise<never> {
  const { found, tries = 10_000 } = options;
  const fewest = await minimise(steps, async (each) => (await failureOf(options, each)) !== undefined, tries);
  const failure = await failureOf(options, fewest);
  if (failure === undefined) {
    const what = `${found.property} broke (seed ${seed}), and with the same steps it does not again: it is not deterministic`;
    throw new Error(what);
  }
  const origin = `seed ${seed}, ${steps.length} steps shrunk to ${fewest.length}`;
  const { test, capture } = writeFoundTest(fewest, origin, found);
  const message = `${found.property} does not hold (${origin}): ${failure.message}\nA test of it: ${test}\nIts frames: ${capture}`;
  throw new Error(message, { cause: failure });
}

/** What the property says of the steps; undefined if it holds. */
async function failureOf({ property }: FuzzOptions, steps: readonly FuzzStep[]): Promise<Error | undefined> {
  try {
    await keepApart(() => property(steps));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
