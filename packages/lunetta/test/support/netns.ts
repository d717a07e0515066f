import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, jest, test } from '@jest/globals';

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

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(60_000);

let made = 0;

/** A network namespace of the test's own, with no IPv6, so that the kernel says nothing unasked. */
export class Netns {
  readonly name = `lun-${process.pid}-front-${made++}`;

  constructor() {
    execFileSync('ip', ['netns', 'add', this.name]);
    try {
      this.exec('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Runs a command in the namespace and returns its output. */
  exec(command: string, ...words: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, command, ...words], { encoding: 'utf8', timeout: 30_000 });
  }

  /** Names of the devices in it. */
  get devices(): string[] {
    const links = JSON.parse(this.exec('ip', '-json', 'link', 'show') || '[]') as { ifname?: string }[];
    return links.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname]));
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
