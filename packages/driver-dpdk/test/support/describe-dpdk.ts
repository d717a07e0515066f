import { LunettaError } from '@lunetta/core';
import { describeUnless } from '@lunetta/testkit/jest';
import { loadAddon } from '../../src/index.js';

/** Why DPDK cannot be tested here, or undefined. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    if (error instanceof LunettaError) return error.message;
    throw error;
  }
}

/** `describe` for tests that need DPDK; see {@link describeUnless}. */
export function describeDpdk(name: string, tests: () => void): void {
  describeUnless(obstacle(), 'DPDK', name, tests);
}
