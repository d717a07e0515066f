import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LunettaError } from '@lunetta/core';
import { resolve } from 'import-meta-resolve';

/** The drivers of this project, each in a package of its own. */
export const KNOWN_DRIVERS = ['tap', 'dpdk', 'pcap'] as const;

const SHORT_NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/**
 * Finds the module that a driver's name in the configuration stands for: a bare word X is the package
 * `@lunetta/driver-X`, anything else is the name of a package or a path to a module.
 *
 * @param from the folder from which packages and relative paths are looked for; `@lunetta/driver-X` is then looked for
 *   beside this package too
 * @param place for messages: where the name stands
 * @returns the module's URL
 * @throws LunettaError `LUNETTA_ERR_DRIVER_NOT_FOUND`; `LUNETTA_ERR_DRIVER_INVALID` for a package with no module
 */
export function resolveDriver(name: string, from: string, place: string): string {
  const isShort = SHORT_NAME.test(name);
  const specifier = isShort ? `@lunetta/driver-${name}` : name;
  const parent = pathToFileURL(join(from, 'lunetta.config.json')).href;
  const found = find(specifier, parent, place) ?? (isShort ? find(specifier, import.meta.url, place) : undefined);
  if (found !== undefined) return found;
  throw new LunettaError(
    'LUNETTA_ERR_DRIVER_NOT_FOUND',
    `${place}: ${isShort ? notInstalled(name) : noModule(name, from)}`,
  );
}

function find(specifier: string, parent: string, place: string): string | undefined {
  let url: string;
  try {
    url = resolve(specifier, parent);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND') return undefined; // the caller says what to do
    throw new LunettaError('LUNETTA_ERR_DRIVER_INVALID', `${place}: '${specifier}' cannot be loaded: ${message}`, {
      cause,
    });
  }
  // A path is only joined by the above, not looked at.
  if (url.startsWith('file:') && statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() !== true) {
    return undefined;
  }
  return url;
}

/** What is said of a bare word for which there is no package. */
export function notInstalled(name: string): string {
  const packageName = `@lunetta/driver-${name}`;
  if ((KNOWN_DRIVERS as readonly string[]).includes(name)) {
    return `the driver '${name}' is not installed. Install it with: npm install ${packageName}`;
  }
  return (
    `there is no driver '${name}'. Known are ${KNOWN_DRIVERS.join(', ')}; another one needs its package ${packageName} ` +
    'installed, or is named by its package or path'
  );
}

function noModule(name: string, from: string): string {
  if (name.startsWith('.') || name.startsWith('/') || name.startsWith('file:')) {
    return `there is no module ${name}, seen from ${from}. Give the path of the driver's JavaScript file`;
  }
  return `the driver package '${name}' is not installed, seen from ${from}. Install it there with: npm install ${name}`;
}
