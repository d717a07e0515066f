import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

import { ROOT, runQuietly, say } from './run.mjs';
import { clearStamp, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const PACKAGES = join(ROOT, 'packages');

/**
 * Builds the native add-on of each package that has one and whose sources changed since the last time.
 *
 * @returns what is left out: `{ what, remedy }`
 */
export function buildAddons() {
  const folders = readdirSync(PACKAGES).filter((folder) => existsSync(join(PACKAGES, folder, 'binding.gyp')));
  return folders.flatMap(buildAddon);
}

function buildAddon(folder) {
  const remedy = `npx node-gyp rebuild --directory packages/${folder}`;
  if (process.platform !== 'linux') {
    return [{ what: `the add-on of ${folder} (Linux only)`, remedy: 'use the memory or pcap driver here' }];
  }
  const step = `addon-${folder}`;
  const wanted = fingerprint(process.versions.node, process.arch, nodeAddonApi(folder), ...nativeSources(folder));
  if (readStamp(step) === wanted && addonExists(folder)) return [];

  say(`building the add-on of ${folder}`);
  clearStamp(step);
  const nodeGyp = findNodeGyp();
  if (nodeGyp === undefined) return [{ what: `the add-on of ${folder} (no node-gyp found beside npm)`, remedy }];
  const args = [nodeGyp, 'rebuild', '--directory', join(PACKAGES, folder), ...localHeaders()];
  if (!runQuietly(process.execPath, args) || !addonExists(folder)) return [{ what: `the add-on of ${folder}`, remedy }];
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

/** The version of the headers that the add-on is compiled against, if it uses them. */
function nodeAddonApi(folder) {
  try {
    return createRequire(join(PACKAGES, folder, 'package.json'))('node-addon-api/package.json').version;
  } catch {
    return 'none';
  }
}

/** npm's own node-gyp: named by npm when it runs us, else found beside it. */
export function findNodeGyp() {
  const named = process.env.npm_config_node_gyp;
  if (named !== undefined && existsSync(named)) return named;
  const folders = [
    process.env.npm_execpath && resolve(dirname(process.env.npm_execpath), '..'),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'),
    '/usr/share/nodejs/npm', // Debian's own package
    '/usr/lib/node_modules/npm',
    '/usr/local/lib/node_modules/npm',
  ];
  return folders
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'))
    .find((file) => existsSync(file));
}

/** Node's headers where they came with Node: then the build needs no download. */
export function localHeaders() {
  const prefix = resolve(dirname(process.execPath), '..');
  const version = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(version)) return [];
  const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(version, 'utf8'))?.[1];
  return major === process.versions.node.split('.')[0] ? [`--nodedir=${prefix}`] : [];
}
