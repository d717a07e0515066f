import { test } from '@jest/globals';
import { soak } from './support/soak.js';

const FRAMES = Number(process.env['LUNETTA_SOAK_FRAMES'] ?? 3_000_000);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

test(
  `${FRAMES} fuzzed frames end with every buffer back and no growth (LUNETTA_SEED=${SEED})`,
  () => soak(FRAMES, SEED),
  600_000,
);
