// Runs this package's tests on the add-on built with AddressSanitizer and UndefinedBehaviorSanitizer, which is built
// first if need be. Further arguments go to jest.
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');
const repository = join(packageFolder, '../..');
const addon = join(packageFolder, 'build-asan/build/Release/lunetta_dpdk.node');

const built = spawnSync(process.execPath, [join(packageFolder, 'scripts/build-native.mjs'), '--asan'], {
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(built.status ?? 1);

// Node itself is not instrumented, so the sanitizers' runtimes must be there before it.
const runtime = (name) => execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
const { status } = spawnSync(
  process.execPath,
  [join(repository, 'node_modules/jest/bin/jest.js'), 'packages/driver-dpdk', '--runInBand', ...process.argv.slice(2)],
  {
    cwd: repository,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules',
      LUNETTA_DPDK_ADDON: addon,
      LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')}`,
      // V8 leaves much to the end of the process, which LeakSanitizer would report; our own leaks are told by the tests
      // of descriptors and of external memory.
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  },
);
process.exitCode = status ?? 1;
