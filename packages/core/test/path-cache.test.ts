import { expect, test } from '@jest/globals';
import { SeededRandom } from '@lunetta/testkit';
import { PathCache } from '../src/ipv4/path-cache.js';

/** Four thousand neighbours at once, as networks number them. */
const NEIGHBOURS = {
  'one after the other': (i: number) => 0x0a000001 + i,
  'one in each /24': (i: number) => 0x0a000001 + i * 256,
  'one in each /16': (i: number) => 1 + i * 65_536,
  'of sixteen networks': (i: number) => 0x0a000001 + (i % 250) + Math.floor(i / 250) * 65_536,
};

/** Uses the path to a remote one as its way; false if it was another's. */
function isKept(cache: PathCache, remote: number, local = 0): boolean {
  const path = cache.at(remote, local);
  const isSame = path.remote === remote && path.boundLocal === local;
  path.remote = remote;
  path.boundLocal = local;
  return isSame;
}

test.each(Object.entries(NEIGHBOURS))('nearly all of 4,000 neighbours keep their paths: %s', (_, address) => {
  for (let seed = 0; seed < 30; seed++) {
    const cache = new PathCache(new SeededRandom(seed));
    const neighbours = Array.from({ length: 4000 }, (__, i) => address(i) | 0);
    for (const neighbour of neighbours) isKept(cache, neighbour);
    expect(neighbours.filter((neighbour) => !isKept(cache, neighbour)).length).toBeLessThan(200);
  }
});

test('a remote one has a path for each of our addresses', () => {
  const cache = new PathCache(new SeededRandom(1));
  expect(isKept(cache, 5, 0)).toBe(false);
  expect(isKept(cache, 5, 7)).toBe(false);
  expect(isKept(cache, 5, 0)).toBe(true);
  expect(isKept(cache, 5, 7)).toBe(true);
});

test('a flood of others takes the place of all paths, and the cache goes on', () => {
  const cache = new PathCache(new SeededRandom(1));
  isKept(cache, 5);
  for (let remote = 1000; remote < 201_000; remote++) isKept(cache, remote);
  expect(isKept(cache, 5)).toBe(false);
  expect(isKept(cache, 5)).toBe(true);
});
