#!/usr/bin/env node
/**
 * Writes the pages that are made from the code: docs/limits.md and docs/counters.md. With `--check` it writes nothing
 * and fails if one of them is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

import { countersPage } from './docs/counters-page.mjs';
import { limitsPage } from './docs/limits-page.mjs';
import { ROOT } from './setup/run.mjs';

const PAGES = { 'docs/limits.md': limitsPage, 'docs/counters.md': countersPage };
/** Comments come in one line each. */
const WRAPPED = { proseWrap: 'always', printWidth: 110 };
const isCheck = process.argv.includes('--check');

for (const [path, makePage] of Object.entries(PAGES)) {
  const file = join(ROOT, path);
  const page = await format(makePage(), { ...(await resolveConfig(file)), ...WRAPPED, filepath: file });
  if (!isCheck) {
    writeFileSync(file, page);
  } else if (readFileSync(file, 'utf8') !== page) {
    console.error(`${path} is out of date. Write it anew with: node scripts/write-limits.mjs`);
    process.exitCode = 1;
  }
}
