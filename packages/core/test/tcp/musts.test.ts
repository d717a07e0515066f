import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PAGE = join(ROOT, 'docs/tcp-musts.md');
const TEST_FOLDERS = ['packages/testkit/drill/tcp', 'packages/core/test/tcp'];
/** RFC 9293 has so many. */
const COUNT = 69;
/** Source routes, on purpose. */
const NOT_OFFERED = [51, 52, 53];

/** A row of the page: the number, and the files that it names, from the root. */
const rows = [...readFileSync(PAGE, 'utf8').matchAll(/^\| +(\d+) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, number, what, cell]) => ({
    number: Number(number),
    what: what.trim(),
    files: [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => relative(ROOT, resolve(ROOT, 'docs', path))),
  }),
);

/** The numbers that a test says it proves: a script in its comments, a test in its titles. */
function claimsOf(path: string): number[] {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const said = path.endsWith('.pkt') ? lines.filter((line) => line.startsWith('//')) : lines;
  return [...said.join('\n').matchAll(/MUST-(\d+)\b/g)].map(([, number]) => Number(number));
}

function testFiles(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(pkt|test\.ts)$/.test(name)).map((name) => join(folder, name));
}

test('docs/tcp-musts.md has a row for every MUST, and each but source routes names a test', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
  expect(rows.filter(({ files }) => files.length === 0).map(({ number }) => number)).toEqual(NOT_OFFERED);
  expect(rows.filter(({ what }) => what === '')).toEqual([]);
});

test('every test that it names is there and says that number', () => {
  const wrong = rows.flatMap(({ number, files }) =>
    files
      .filter((path) => !existsSync(join(ROOT, path)) || !claimsOf(path).includes(number))
      .map((path) => `${number}: ${path}`),
  );
  expect(wrong).toEqual([]);
});

test('every test that says a number is named there', () => {
  const named = new Set(rows.flatMap(({ number, files }) => files.map((path) => `${number}: ${path}`)));
  const claims = TEST_FOLDERS.flatMap(testFiles).flatMap((path) =>
    claimsOf(path).map((number) => `${number}: ${path}`),
  );
  expect(claims.filter((claim) => !named.has(claim))).toEqual([]);
});
