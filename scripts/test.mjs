#!/usr/bin/env node
/** `npm test`: set-up, then jest; arguments go on to jest (`npm test -- packages/core`). */
import './setup/node-version.mjs';

import { accessSync, constants } from 'node:fs';

import { printCounts, runJest } from './run-jest.mjs';
import { setUpOrExit } from './setup.mjs';

/** What tests on a real device need of the machine, beside what set-up brings. */
function missingRights() {
  if (process.platform !== 'linux') return [{ what: 'tests on TAP devices', remedy: 'run them on Linux' }];
  const missing = [];
  if (process.getuid() !== 0) missing.push({ what: 'tests on TAP devices (not root)', remedy: 'sudo npm test' });
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    missing.push({ what: 'tests on TAP devices (no access to /dev/net/tun)', remedy: 'modprobe tun' });
  }
  return missing;
}

const leftOut = await setUpOrExit({ groups: ['network', 'review', 'strangers', 'dpdk'] });
const missing = missingRights();
for (const { what, remedy } of missing) console.log(`test: left out: ${what}; to mend it: ${remedy}`);

const result = runJest(process.argv.slice(2));
const incomplete = process.env.CI === 'true' && leftOut.length + missing.length > 0;
if (incomplete) console.log('Under CI nothing may be missing, see what was left out above.');
printCounts(result);
process.exit(result.ok && !incomplete ? 0 : 1);
