import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';

/** 16,384 paths: 4,000 peers at once find one in eight taken by another. */
const CACHE_BITS = 14;

/** Paths by the addresses of both ends; a newer one takes the place of an older one. */
export class PathCache {
  private readonly paths: (Path | undefined)[] = new Array<Path | undefined>(1 << CACHE_BITS).fill(undefined);
  private readonly remoteMultiplier: number;
  private readonly localMultiplier: number;

  constructor(random: Random) {
    this.remoteMultiplier = random.int32() | 1;
    this.localMultiplier = random.int32() | 1;
  }

  /** The place of a path: the one that stands there may be another's, or not be filled in. */
  at(remote: number, local: number): Path {
    // Secret multiplications are enough here: who finds colliding addresses gains a look-up more for each datagram.
    const hash = Math.imul(remote, this.remoteMultiplier) + Math.imul(local, this.localMultiplier);
    return this.paths[hash >>> (32 - CACHE_BITS)] ?? this.fill(hash >>> (32 - CACHE_BITS));
  }

  private fill(slot: number): Path {
    const path = new Path();
    this.paths[slot] = path;
    return path;
  }
}
