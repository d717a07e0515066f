#!/usr/bin/env node
/** `npm run test:nic`: set-up, the emulated machine, then the tests in `test/nic`; arguments go on to jest. */
import './setup/node-version.mjs';

import { printCounts, runJest } from './run-jest.mjs';
import { fetchEmulator } from './setup/emulator.mjs';
import { SetupError } from './setup/run.mjs';
import { setUpOrExit } from './setup.mjs';

/** The emulated machine's folder; where it cannot be had, what mends it is said, and the run ends. */
function emulatorOrExit() {
  try {
    return fetchEmulator();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`test:nic: ${error.message}\n          to mend it: ${error.remedy}`);
    process.exit(1);
  }
}

const leftOut = await setUpOrExit({ groups: ['network', 'review', 'dpdk'] });
// --testMatch takes all words up to the next option.
const jestArguments = ['--testMatch', '**/test/nic/*.nic.ts', '--runInBand', ...process.argv.slice(2)];
const result = runJest(jestArguments, { LUNETTA_EMULATOR: emulatorOrExit() });
printCounts(result);
process.exit(result.ok && (process.env.CI !== 'true' || leftOut.length === 0) ? 0 : 1);
