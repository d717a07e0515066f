import { describe, test } from '@jest/globals';
import { LunettaError } from '@lunetta/core';
import { loadAddon } from '../../src/index.js';

/** Why DPDK cannot be tested here, or undefined. */
function obstacle(needs: { root: boolean }): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (needs.root && process.getuid?.() !== 0) return 'not root';
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    if (error instanceof LunettaError) return error.message;
    throw error;
  }
}

/**
 * `describe` for tests that need DPDK. Where it is missing they are left out, which is said in one line; under CI that is
 * a failure.
 */
export function describeDpdk(name: string, tests: () => void, needs = { root: false }): void {
  const why = obstacle(needs);
  if (why === undefined) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: needs DPDK`, () => {
      throw new Error(`the tests of "${name}" cannot run: ${why}`);
    });
  } else {
    process.stderr.write(`left out, ${why}: ${name}\n`);
    describe.skip(name, tests);
  }
}
