import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

import { ROOT, runQuietly, say } from './run.mjs';
import { clearStamp, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const PACKAGES = join(ROOT, 'packages');

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
  const step = `addon-${folder}`;
  const wanted = fingerprint(process.versions.node, process.arch, nodeAddonApi(folder), ...nativeSources(folder));
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

/** The names and contents of all that an add-on is made from. */
function nativeSources(folder) {
  const native = join(PACKAGES, folder, 'native');
  const files = existsSync(native)
    ? readdirSync(native, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [];
  return [join(PACKAGES, folder, 'binding.gyp'), ...files].flatMap((file) => [relative(ROOT, file), { file }]);
}

/** The version of the C++ headers that the add-on is compiled against. */
function nodeAddonApi(folder) {
  return createRequire(join(PACKAGES, folder, 'package.json'))('node-addon-api/package.json').version;
}
