import { describe, test } from '@jest/globals';

/**
 * `describe` for tests that need something of the machine. Where it is missing they are left out, which is said in one
 * line; under CI that is a failure.
 *
 * @param obstacle why they cannot run here; undefined: they can
 * @param need what they need, such as `a TAP device`
 */
export function describeUnless(obstacle: string | undefined, need: string, name: string, tests: () => void): void {
  if (obstacle === undefined) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: needs ${need}`, () => {
      throw new Error(`the tests of "${name}" cannot run: ${obstacle}`);
    });
  } else {
    process.stderr.write(`left out, ${obstacle}: ${name}\n`);
    describe.skip(name, tests);
  }
}
