import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

import { ROOT, runQuietly, say } from './run.mjs';
import { clearStamp, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const PACKAGES = join(ROOT, 'packages');
/** Headers that all add-ons use. */
const SHARED_HEADERS = 'driver-native';
/** Libraries that an add-on cannot be built without: by their pkg-config name, and what brings them. */
const LIBRARIES = { 'driver-dpdk': { library: 'libdpdk', remedy: 'as root: apt-get install dpdk-dev pkg-config' } };

/**
 * Builds the native add-on of each package that has one (a binding.gyp and the script `build:native`) and whose
 * sources changed since the last time.
 *
 * @returns what is left out: `{ what, remedy }`
 */
export function buildAddons() {
  const folders = readdirSync(PACKAGES).filter((folder) => existsSync(join(PACKAGES, folder, 'binding.gyp')));
  return folders.flatMap(buildAddon);
}

function buildAddon(folder) {
  if (process.platform !== 'linux') {
    return [{ what: `the add-on of ${folder} (Linux only)`, remedy: 'use the memory or pcap driver here' }];
  }
  const version = libraryVersion(folder);
  if (version === undefined) {
    const { library, remedy } = LIBRARIES[folder];
    return [{ what: `the add-on of ${folder} (no ${library})`, remedy: `${remedy}; then: npm run setup` }];
  }
  const step = `addon-${folder}`;
  const made = [process.versions.node, process.arch, nodeAddonApi(folder), version];
  const wanted = fingerprint(...made, ...nativeSources(folder));
  if (readStamp(step) === wanted && addonExists(folder)) return [];

  say(`building the add-on of ${folder}`);
  clearStamp(step);
  // By npm: it knows where its own node-gyp is.
  const { name } = JSON.parse(readFileSync(join(PACKAGES, folder, 'package.json'), 'utf8'));
  const build = ['run', 'build:native', `--workspace=${name}`];
  if (!runQuietly('npm', build) || !addonExists(folder)) {
    return [{ what: `the add-on of ${folder}`, remedy: `npm ${build.join(' ')}` }];
  }
  writeStamp(step, wanted);
  return [];
}

function addonExists(folder) {
  const release = join(PACKAGES, folder, 'build', 'Release');
  return existsSync(release) && readdirSync(release).some((file) => file.endsWith('.node'));
}

/** The version of the library that the add-on needs; empty if it needs none, undefined if there is none. */
function libraryVersion(folder) {
  if (LIBRARIES[folder] === undefined) return '';
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', LIBRARIES[folder].library], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The names and contents of all that an add-on is made from. */
function nativeSources(folder) {
  const files = [...filesBelow(join(PACKAGES, folder, 'native')), ...filesBelow(join(PACKAGES, SHARED_HEADERS))];
  return [join(PACKAGES, folder, 'binding.gyp'), ...files].flatMap((file) => [relative(ROOT, file), { file }]);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** The version of the C++ headers that the add-on is compiled against. */
function nodeAddonApi(folder) {
  return createRequire(join(PACKAGES, folder, 'package.json'))('node-addon-api/package.json').version;
}
