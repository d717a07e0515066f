import { expect, test } from '@jest/globals';
import { PathCache } from '../src/ipv4/path-cache.js';

/** With these secrets small addresses all have the same pair of places. */
const RANDOM = { int32: () => 1 };

/** Fills in the path to a remote one; the object that it has now. */
function use(cache: PathCache, remote: number): object {
  const path = cache.at(remote, 0);
  path.remote = remote;
  return path;
}

test('two paths of one pair stay, a third one takes the place of the older', () => {
  const cache = new PathCache(RANDOM);
  const [pathOf1, pathOf2] = [use(cache, 1), use(cache, 2)];
  expect(pathOf1).not.toBe(pathOf2);
  expect(cache.at(1, 0)).toBe(pathOf1);
  expect(cache.at(2, 0)).toBe(pathOf2);
  expect(use(cache, 3)).toBe(pathOf1);
  expect(cache.at(2, 0)).toBe(pathOf2);
});
