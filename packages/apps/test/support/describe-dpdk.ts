import { createRequire } from 'node:module';
import { describeUnless } from '@lunetta/testkit/jest';

/** Why DPDK cannot be tested here, or undefined. */
function obstacle(): string | undefined {
  try {
    createRequire(import.meta.url)('../../../driver-dpdk/build/Release/lunetta_dpdk.node');
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0];
  }
}

/** `describe` for tests that need DPDK; see {@link describeUnless}. */
export function describeDpdk(name: string, tests: () => void): void {
  describeUnless(obstacle(), 'DPDK', name, tests);
}
