import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The repository's folder. */
export const ROOT = resolve(import.meta.dirname, '..', '..');

/** A step of the set-up that cannot go on; `remedy` is what the user can do. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

/** Prints one line of progress. */
export function say(line) {
  console.log(`setup: ${line}`);
}

/**
 * Runs a command in the repository's folder, quietly: its output is shown only when it fails.
 *
 * @returns whether it succeeded
 */
export function runQuietly(command, args, { cwd = ROOT, env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (result.status === 0) return true;
  console.error(`$ ${[command, ...args].join(' ')}`);
  console.error(result.error ? String(result.error) : `${result.stdout}${result.stderr}`.trimEnd());
  return false;
}

/** Whether a command is found in PATH. */
export function hasCommand(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false; // not in this folder
    }
  });
}
