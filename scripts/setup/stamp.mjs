import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './run.mjs';

/** What set-up has done is remembered here; deleting the folder makes the next run do all of it again. */
export const STAMPS = join(ROOT, '.setup');

/** A hash over strings and over the contents of files (given as `{ file }`). */
export function fingerprint(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'string' ? part : readFileSync(part.file)).update('\0');
  return hash.digest('hex');
}

/** The fingerprint with which a step last succeeded, or undefined. */
export function readStamp(step) {
  try {
    return readFileSync(join(STAMPS, step), 'utf8');
  } catch {
    return undefined; // never done
  }
}

/** Notes that a step succeeded. */
export function writeStamp(step, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, step), value);
}

/** Forgets a step, before it is done again: one that is cut short then counts as not done. */
export function clearStamp(step) {
  rmSync(join(STAMPS, step), { force: true });
}
