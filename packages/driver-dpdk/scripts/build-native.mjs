// Builds the native add-on: build/Release/lunetta_dpdk.node, or with --asan the one with AddressSanitizer and
// UndefinedBehaviorSanitizer: build-asan/build/Release/lunetta_dpdk.node.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');
const sanitize = process.argv.includes('--asan');

/** The prefix that Node was installed to. */
const prefix = join(dirname(process.execPath), '..');

/** node-gyp: the one that runs us (npm says where its own is), or the one beside this Node. */
function nodeGyp() {
  const bundled = join(prefix, 'lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js');
  const found = [process.env.npm_config_node_gyp, bundled].find((path) => path !== undefined && existsSync(path));
  if (found === undefined) throw new Error('node-gyp not found; run this by `npm run build:native`');
  return found;
}

/** node-gyp always builds into `build` below where it runs: another folder needs the sources to be seen from there. */
function buildFolder() {
  if (!sanitize) return packageFolder;
  const folder = join(packageFolder, 'build-asan');
  mkdirSync(folder, { recursive: true });
  for (const name of ['binding.gyp', 'native']) {
    if (!existsSync(join(folder, name))) symlinkSync(join('..', name), join(folder, name));
  }
  return folder;
}

const commandLine = [nodeGyp(), 'rebuild', `--jobs=max`, `--sanitize=${sanitize ? 1 : 0}`];
// The headers that came with this Node save a download.
if (existsSync(join(prefix, 'include/node/node_api.h'))) commandLine.push(`--nodedir=${prefix}`);
const { status } = spawnSync(process.execPath, commandLine, { cwd: buildFolder(), stdio: 'inherit' });
process.exitCode = status ?? 1;
