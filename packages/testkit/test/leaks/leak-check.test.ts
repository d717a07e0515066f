import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

interface Report {
  readonly testResults: {
    readonly assertionResults: { readonly title: string; readonly failureMessages: string[] }[];
  }[];
}

/** The first lines of what failed each test of the fixture. */
function runFixture(): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lunetta-leaks-'));
  try {
    const output = join(folder, 'report.json');
    const words = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--runInBand'];
    const flags = ['--testMatch', '**/leaking-fixture.ts', '--json', '--outputFile', output];
    const setup = ['--setupFilesAfterEnv', '<rootDir>/packages/testkit/src/jest-setup.ts'];
    spawnSync(process.execPath, [...words, ...flags, ...setup], { cwd: ROOT, stdio: 'ignore' });
    const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
    const results = report.testResults[0].assertionResults;
    return Object.fromEntries(
      results.map(({ title, failureMessages }) => [title, failureMessages.map((text) => text.split('\n    at ')[0])]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('after every test its stacks, cables and LANs are closed, and what is missing fails it', () => {
  const account = (line: string): string => `Error: the test leaves things unaccounted for:\n  ${line}`;
  expect(runFixture()).toEqual({
    'leaves everything open and nothing lost': [],
    'retains a datagram for good': [
      account('lab0: 1 buffers were not given back: is a retained datagram not released?'),
    ],
    'loses a frame out of the accounts': [
      expect.stringMatching(/unaccounted for:\n {2}lab0: received \d+, but delivered/),
    ],
    'leaves a timer': [account('timers left on the virtual host: 1, the first of them due in 5 ms')],
    'is closed twice': [],
    'is its maker’s to close, round 1': [],
    'is its maker’s to close, round 2': [],
  });
}, 60_000);
