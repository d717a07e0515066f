import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT, SetupError, runQuietly, say } from './run.mjs';
import { clearStamp, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const LOCK_FILE = join(ROOT, 'package-lock.json');
/** What npm itself notes of the tree that it installed. */
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');
/** Compiled by npm while it installs, if npm may run scripts; only tests use it. */
const RAW_SOCKET = join(ROOT, 'node_modules', 'raw-socket');
const STEP = 'dependencies';

/**
 * Installs the npm packages if the lock file or the kind of Node changed since the last time.
 *
 * @returns what is left out: `{ what, remedy }`
 */
export function installDependencies() {
  const wanted = fingerprint({ file: LOCK_FILE }, process.versions.modules, process.platform, process.arch);
  const done = readStamp(STEP);
  if (!existsSync(INSTALLED) || done !== wanted) {
    if (isInstalled() && sameNode()) say('npm packages are as the lock file wants them');
    else installAll();
    writeStamp(STEP, wanted);
    writeStamp(`${STEP}-node`, process.versions.modules);
  }
  return rawSocketLeftOut();
}

function installAll() {
  say('installing npm packages (npm ci)');
  clearStamp(STEP);
  if (!runQuietly('npm', ['ci', '--no-audit', '--no-fund'])) {
    throw new SetupError('npm ci failed, see above.', 'npm ci');
  }
}

/** Whether what npm compiled still fits: without a note of ours (installed by hand) it is taken to. */
function sameNode() {
  return [undefined, process.versions.modules].includes(readStamp(`${STEP}-node`));
}

/** Whether node_modules holds what the lock file wants, such as after "npm install" by hand. */
function isInstalled() {
  if (!existsSync(INSTALLED)) return false;
  const wanted = JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/')) return true; // the repository's own folders
    const found = installed[path];
    return found ? found.version === version && found.link === link : optional === true;
  });
}

function rawSocketLeftOut() {
  const addon = join(RAW_SOCKET, 'build', 'Release', 'raw.node');
  if (existsSync(addon) || process.platform === 'win32') return [];
  say('building raw-socket');
  if (runQuietly('npm', ['rebuild', 'raw-socket']) && existsSync(addon)) return [];
  return [{ what: 'the raw-socket package (tests need it)', remedy: 'npm rebuild raw-socket --ignore-scripts=false' }];
}
