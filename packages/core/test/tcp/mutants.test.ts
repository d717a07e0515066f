import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly killedBy: string;
}

const { TCP_MUTANTS } = (await import(join(ROOT, 'scripts/mutants/tcp-mutants.mjs'))) as { TCP_MUTANTS: Mutant[] };

test('every fault that test:mutants seeds has its line, once, and its script; there are fifty at least', () => {
  const stale = TCP_MUTANTS.filter(({ file, before, after, killedBy }) => {
    const pieces = readFileSync(join(ROOT, 'packages/core/src/tcp', file), 'utf8').split(before);
    const script = join(ROOT, 'packages/testkit/drill/tcp', `${killedBy}.pkt`);
    return pieces.length !== 2 || before === after || !existsSync(script);
  });
  expect(stale.map(({ what }) => what)).toEqual([]);
  expect(TCP_MUTANTS.length).toBeGreaterThanOrEqual(50);
  expect(new Set(TCP_MUTANTS.map(({ what }) => what)).size).toBe(TCP_MUTANTS.length);
});
