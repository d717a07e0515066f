import { test } from '@jest/globals';
import { keepApart } from '@lunetta/testkit';
import fc from 'fast-check';
import { runModel } from './model/run-model.js';
import { scenarios } from './model/scenario.js';

/** A case is a whole connection: it costs some hundred times a frame. A failing one is printed with its LUNETTA_SEED. */
const RUNS = Math.ceil(Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 8000) / 100);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

test(
  `whatever wire and applications do, every byte comes once and in order, both sides end, nothing is left (LUNETTA_SEED=${SEED})`,
  () =>
    fc.assert(
      fc.asyncProperty(scenarios, (scenario) => keepApart(() => runModel(scenario))),
      { numRuns: RUNS, seed: SEED },
    ),
  600_000,
);
