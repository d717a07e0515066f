import { existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';

/** Why TAP devices cannot be tested here, or undefined. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun';
  return undefined;
}

/**
 * `describe` for tests that need a real TAP device. Where there can be none they are left out, which is said in one
 * line; under CI that is a failure.
 */
export function describeTap(name: string, tests: () => void): void {
  const why = obstacle();
  if (why === undefined) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: needs a TAP device`, () => {
      throw new Error(`the tests of "${name}" cannot run: ${why}`);
    });
  } else {
    process.stderr.write(`left out, ${why}: ${name}\n`);
    describe.skip(name, tests);
  }
}
