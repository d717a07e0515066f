import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Emulator } from './emulator.js';

/** The checkout's folder. */
export const CHECKOUT = join(import.meta.dirname, '..', '..', '..');

const GUEST = join('test', 'nic', 'guest');
/** What a package consists of once it is built. */
const BUILT_PARTS = ['package.json', 'bin', 'dist', join('build', 'Release')];
const NOT_FOR_NODE = /\.(map|ts|cts|mts|md|o|d)$/;
const LARGEST_ARCHIVE = 2 ** 28;

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
}

/**
 * Writes the file system that the guest starts from: busybox, kernel modules and `init`; beside them the built packages
 * with all that they import. The guest could read those from its host too, as it does Node and libraries, but a program
 * of some hundred modules would start in 25 s instead of 5.
 */
export function writeInitramfs({ folder, busybox }: Emulator, file: string): void {
  writeFileSync(file, '');
  const add = (root: string, names: readonly string[]): void => {
    const command = { cwd: root, input: withFolders(names).join('\n'), maxBuffer: LARGEST_ARCHIVE };
    appendFileSync(file, execFileSync(busybox, ['cpio', '-o', '-H', 'newc'], { ...command, stdio: 'pipe' }));
  };
  add(folder, ['busybox', ...filesBelow(folder, 'modules')]);
  add(join(CHECKOUT, GUEST), ['init']);
  add(CHECKOUT, productFiles());
}

/** The built packages, what they need of npm's, and the guest's own programs. */
function productFiles(): string[] {
  const packages = readdirSync(join(CHECKOUT, 'packages')).map((name) => join('packages', name));
  const parts = packages.flatMap((folder) => BUILT_PARTS.map((part) => join(folder, part)));
  const { packages: installed } = JSON.parse(readFileSync(join(CHECKOUT, 'package-lock.json'), 'utf8')) as LockFile;
  const needed = Object.entries(installed).filter(
    ([path, { dev, optional }]) => /^node_modules/.test(path) && !dev && !optional,
  );
  return [...parts, ...needed.map(([path]) => path), join(GUEST, 'dist'), 'package.json']
    .filter((name) => existsSync(join(CHECKOUT, name)))
    .flatMap((name) => filesBelow(CHECKOUT, name))
    .filter((name) => !NOT_FOR_NODE.test(name));
}

/** A file or symbolic link itself, or all that lies below a folder; names relative to `root`. */
function filesBelow(root: string, name: string): string[] {
  if (!lstatSync(join(root, name)).isDirectory()) return [name];
  return readdirSync(join(root, name)).flatMap((entry) => filesBelow(root, join(name, entry)));
}

/** The names with the folders that they lie in before them, as the kernel wants it. */
function withFolders(names: readonly string[]): string[] {
  const all = new Set<string>();
  const add = (name: string): void => {
    if (name === '.' || all.has(name)) return;
    add(dirname(name));
    all.add(name);
  };
  names.forEach(add);
  return [...all];
}
