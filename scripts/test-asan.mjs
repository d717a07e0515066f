#!/usr/bin/env node
/**
 * `npm run test:asan`: the drivers' tests, with their add-ons built with AddressSanitizer and UndefinedBehaviorSanitizer;
 * arguments go on to jest (`npm run test:asan -- packages/driver-tap`).
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { printCounts, runJest } from './run-jest.mjs';
import { ROOT, runQuietly } from './setup/run.mjs';

const DRIVERS = ['tap', 'dpdk'];

/** Builds a driver's add-on with the sanitizers. */
function buildAddon(driver) {
  if (runQuietly('npm', ['run', 'build:native:asan', `--workspace=@lunetta/driver-${driver}`])) return;
  console.error(`test:asan: the add-on of driver-${driver} could not be built`);
  process.exit(1);
}

/** Where the runtime library of a sanitizer is. */
function runtime(name) {
  return execFileSync('gcc', [`-print-file-name=${name}.so`], { encoding: 'utf8' }).trim();
}

for (const driver of DRIVERS) buildAddon(driver);
const addon = (driver) => join(ROOT, `packages/driver-${driver}/build-asan/build/Release/lunetta_${driver}.node`);
const packages = DRIVERS.map((driver) => `packages/driver-${driver}`);
const args = process.argv.length > 2 ? process.argv.slice(2) : packages;
const result = runJest([...args, '--testTimeout', '120000'], {
  LUNETTA_TAP_ADDON: addon('tap'),
  LUNETTA_DPDK_ADDON: addon('dpdk'),
  // Node itself is not instrumented, so the sanitizers' runtimes must be there before it.
  LD_PRELOAD: `${runtime('libasan')} ${runtime('libubsan')}`,
  // V8 leaves much to the end of the process, which LeakSanitizer would report; our own leaks are told by the tests of
  // descriptors and of external memory.
  ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
});
printCounts(result);
process.exit(result.ok ? 0 : 1);
