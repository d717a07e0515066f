import { existsSync } from 'node:fs';
import { describeUnless } from './describe-unless.js';

/** Why TAP devices cannot be tested here, or undefined. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun';
  return undefined;
}

/** `describe` for tests that need a real TAP device; see {@link describeUnless}. */
export function describeTap(name: string, tests: () => void): void {
  describeUnless(obstacle(), 'a TAP device', name, tests);
}
