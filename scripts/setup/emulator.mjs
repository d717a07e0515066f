import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

import { DebianPackages } from './debian-packages.mjs';
import { modulesInLoadOrder } from './kernel-modules.mjs';
import { SetupError, runQuietly, say } from './run.mjs';
import { fingerprint } from './stamp.mjs';

const KERNEL = 'linux-image-amd64';
const BUSYBOX = 'busybox-static';
const QEMU = ['qemu-system-x86', 'qemu-system-common', 'qemu-system-data', 'seabios', 'ipxe-qemu'];
/** What the guest's kernel needs: this machine's files, a channel to the test, DPDK's way to a PCI device. */
const MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'vfio_iommu_type1', 'vfio-pci'];

/** Files of this folder that decide what is fetched: where one changes, it is fetched anew. */
const RECIPE = ['emulator.mjs', 'debian-packages.mjs', 'kernel-modules.mjs'];
/** QEMU, in its own folder: with the libraries, modules and firmware that lie beside it. */
const LAUNCHER = `#!/bin/sh
qemu=$(dirname "$(readlink -f "$0")")/qemu
export LD_LIBRARY_PATH="$qemu/usr/lib/x86_64-linux-gnu:$qemu/lib/x86_64-linux-gnu"
export QEMU_MODULE_DIR="$qemu/usr/lib/x86_64-linux-gnu/qemu"
exec "$qemu/usr/bin/qemu-system-x86_64" -L "$qemu/usr/share/qemu" -L "$qemu/usr/share/seabios" "$@"
`;
const LAUNCHER_NAME = 'qemu-system-x86_64';

/**
 * What an emulated machine with an Intel network card is made of: QEMU 8 or later, a kernel with its modules and busybox,
 * from Debian's packages. Downloaded once and kept in the user's cache folder, by the fingerprint of what is wanted.
 *
 * @returns the folder, see `test/nic/support/emulator.ts`
 * @throws SetupError if it cannot be had here
 */
export function fetchEmulator() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('The emulated machine is an x86-64 PC with Linux, as its host must be.', 'run it on one');
  }
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lunetta');
  const wanted = fingerprint(...RECIPE.map((name) => ({ file: join(import.meta.dirname, name) })));
  const folder = join(cache, `emulator-${wanted.slice(0, 16)}`);
  if (existsSync(folder) && qemuRuns(folder)) return folder;

  say('fetching the emulated machine: QEMU, a kernel and busybox from Debian (100 MB)');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetching-'));
  try {
    assemble(work);
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(work, 'emulator'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function assemble(work) {
  const packages = new DebianPackages(join(work, 'apt'));
  packages.downloadWithDependencies(...QEMU);
  packages.download(BUSYBOX, packages.dependencyOf(KERNEL));
  const unpacked = join(work, 'unpacked');
  packages.unpackTo(unpacked);

  const emulator = join(work, 'emulator');
  mkdirSync(join(emulator, 'modules'), { recursive: true });
  const kernel = readdirSync(join(unpacked, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  copyFileSync(join(unpacked, 'boot', kernel), join(emulator, 'vmlinuz'));
  copyFileSync(join(unpacked, 'bin', 'busybox'), join(emulator, 'busybox'));
  modulesInLoadOrder(join(unpacked, 'lib', 'modules'), MODULES).forEach((file, i) => {
    copyFileSync(file, join(emulator, 'modules', `${String(i).padStart(2, '0')}-${basename(file)}`));
  });
  for (const name of ['boot', join('lib', 'modules')]) rmSync(join(unpacked, name), { recursive: true });
  renameSync(unpacked, join(emulator, 'qemu'));
  writeFileSync(join(emulator, LAUNCHER_NAME), LAUNCHER, { mode: 0o755 });
  if (!qemuRuns(emulator)) throw new SetupError('The unpacked QEMU does not run, see above.', 'apt-get update');
}

function qemuRuns(emulator) {
  return runQuietly(join(emulator, LAUNCHER_NAME), ['--version']);
}
