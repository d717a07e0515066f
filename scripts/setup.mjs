#!/usr/bin/env node
/**
 * All set-up from a bare clone, each step only if it is needed: system tools (apt, as root), npm packages, the
 * build, native add-ons. `npm run setup` runs it alone; `npm test` and `npm start` run it first.
 */
import './setup/node-version.mjs';

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildAddons } from './setup/addons.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { exclusively } from './setup/lock.mjs';
import { ROOT, SetupError, say } from './setup/run.mjs';
import { installSystemTools } from './setup/system-tools.mjs';

/**
 * Sets up the checkout.
 *
 * @param groups system tools that are wanted beside those for building
 * @returns what is left out, each with the command that mends it: `{ what, remedy }`
 * @throws SetupError if it cannot go on
 */
export async function setUp({ groups = [] } = {}) {
  return exclusively(() => {
    const leftOut = [...installSystemTools(['build', ...groups]), ...installDependencies()];
    compile();
    leftOut.push(...buildAddons());
    for (const { what, remedy } of leftOut) say(`left out: ${what}\n       to mend it: ${remedy}`);
    return leftOut;
  });
}

/** Compiles what changed and checks the types of everything, tests included. */
function compile() {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  // tsc trusts its own notes: where somebody deleted the output and left the notes, it must be told to start again.
  const outputGone = readdirSync(join(ROOT, 'packages')).some((folder) => {
    const inPackage = (...path) => existsSync(join(ROOT, 'packages', folder, ...path));
    return inPackage('tsconfig.tsbuildinfo') && !inPackage('dist', 'index.js');
  });
  const args = outputGone ? ['-b', '--force'] : ['-b'];
  const { status } = spawnSync(process.execPath, [tsc, ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError('The build failed, see above.', 'npm run build');
  const bundle = spawnSync(process.execPath, [join(ROOT, 'scripts', 'bundle-core.mjs')], { stdio: 'inherit' });
  if (bundle.status !== 0) throw new SetupError('The build of core failed, see above.', 'npm run build');
}

/** {@link setUp} for a command: a failure is told and ends the process. */
export async function setUpOrExit(options) {
  try {
    return await setUp(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}\n       then try again: ${error.remedy}`);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const leftOut = await setUpOrExit();
  say(leftOut.length === 0 ? 'all is ready' : 'ready but for what was left out');
  if (leftOut.length > 0 && process.env.CI === 'true') process.exit(1);
}
