#!/usr/bin/env node
/** Runs jest with the given arguments and ends with the line `N passed, N failed, N skipped`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Runs jest.
 *
 * @param args jest's own arguments
 * @param env environment variables beside ours
 * @returns the counts, and whether the run is good: under CI=true a skipped test is a failure
 */
export function runJest(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lunetta-jest-'));
  try {
    const jest = fileURLToPath(import.meta.resolve('jest/bin/jest')); // only now: set-up may have just installed it
    const counts = join(folder, 'counts.json');
    const { status } = spawnSync(process.execPath, [jest, ...args, '--json', `--outputFile=${counts}`], {
      cwd: ROOT,
      stdio: ['inherit', 'ignore', 'inherit'], // jest repeats the JSON on stdout; what people read is on stderr
      env: {
        ...process.env,
        PATH: toolPath(process.env.PATH),
        ...env,
        NODE_OPTIONS: nodeOptions(env.NODE_OPTIONS ?? process.env.NODE_OPTIONS),
      },
    });
    return judge(status, readCounts(counts));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Without pyenv's shims where the system has a Python: tests start it hundreds of times, and a shim is a shell script that
 * takes ten times as long, many times more under the sanitizers.
 */
function toolPath(path = '') {
  const isShim = (folder) => folder.endsWith('/.pyenv/shims') && existsSync('/usr/bin/python3');
  return path
    .split(delimiter)
    .filter((folder) => !isShim(folder))
    .join(delimiter);
}

/** Tests are ES modules, which jest loads through a part of Node that is still marked experimental. */
function nodeOptions(given = '') {
  return `${given} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
}

/** A suite that could not run counts as one failed test; a run that left no counts as one too. */
function readCounts(file) {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function judge(status, counts) {
  const skippedUnderCi = process.env.CI === 'true' && counts.skipped > 0;
  if (skippedUnderCi) console.log(`Under CI no test may skip, but ${counts.skipped} did.`);
  if (status !== 0 && counts.failed === 0) counts.failed = 1; // such as a threshold, or a handle left open
  return { ...counts, ok: counts.failed === 0 && !skippedUnderCi };
}

/** Prints the last line of a run, which `.ci/run` adds up. */
export function printCounts({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = runJest(process.argv.slice(2));
  printCounts(result);
  process.exit(result.ok ? 0 : 1);
}
