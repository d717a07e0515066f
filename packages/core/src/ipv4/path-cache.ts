import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';

/** 16,384 paths, in pairs: of 4,000 peers at once one in twelve shares its pair with two others. */
const CACHE_BITS = 14;

/** Paths by the addresses of both ends; a newer one takes the place of the older one of its pair. */
export class PathCache {
  private readonly paths: (Path | undefined)[] = new Array<Path | undefined>(1 << CACHE_BITS).fill(undefined);
  private readonly remoteMultiplier: number;
  private readonly localMultiplier: number;

  constructor(random: Random) {
    this.remoteMultiplier = random.int32() | 1;
    this.localMultiplier = random.int32() | 1;
  }

  /** The path with these ends, or if there is none the one that is to become it. */
  at(remote: number, local: number): Path {
    // Secret multiplications are enough here: who finds colliding addresses gains a look-up more for each datagram.
    const hash = Math.imul(remote, this.remoteMultiplier) + Math.imul(local, this.localMultiplier);
    const slot = (hash >>> (32 - CACHE_BITS)) & ~1;
    const first = this.paths[slot] ?? this.fill(slot);
    if (first.remote === remote && first.boundLocal === local) return first;
    const second = this.paths[slot + 1] ?? this.fill(slot + 1);
    if (second.remote === remote && second.boundLocal === local) return second;
    this.paths[slot] = second;
    this.paths[slot + 1] = first;
    return second;
  }

  private fill(slot: number): Path {
    const path = new Path();
    this.paths[slot] = path;
    return path;
  }
}
