import type { Random } from '../time/host.js';

/**
 * An unguessable free port: a random one of the range, or the next free one after it (RFC 6056 section 3.3.1).
 *
 * @param range first and last port, both included
 * @returns undefined if none is free
 */
export function ephemeralPort(
  range: readonly [number, number],
  random: Random,
  isFree: (port: number) => boolean,
): number | undefined {
  const [first, last] = range;
  const count = last - first + 1;
  const start = (random.int32() >>> 0) % count;
  for (let i = 0; i < count; i++) {
    const port = first + ((start + i) % count);
    if (isFree(port)) return port;
  }
  return undefined;
}
