import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Files of kernel modules and of those that they depend on, in the order in which they are loaded.
 *
 * @param folder holds a kernel's modules somewhere below it, as `.ko` files
 * @param names such as `vfio-pci`
 */
export function modulesInLoadOrder(folder, names) {
  const files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name.endsWith('.ko')) files.set(moduleName(entry.name), join(entry.parentPath ?? entry.path, entry.name));
  }
  const ordered = new Set();
  const add = (name) => {
    const file = files.get(moduleName(name));
    if (file === undefined) return; // built into the kernel
    for (const dependency of dependenciesOf(file)) add(dependency);
    ordered.add(file);
  };
  names.forEach(add);
  return [...ordered];
}

/** Files are written with "-" or "_", the kernel takes both for the same. */
function moduleName(file) {
  return basename(file, '.ko').replaceAll('-', '_');
}

/** A module says in its section .modinfo, in zero-terminated words, what it depends on. */
function dependenciesOf(file) {
  const list = /\0depends=([^\0]*)\0/.exec(readFileSync(file, 'latin1'))?.[1] ?? '';
  return list.split(',').filter(Boolean);
}
