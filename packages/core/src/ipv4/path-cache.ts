import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';

/** 16,384 paths. */
const CACHE_BITS = 14;
/** Paths of one set: of 4,000 peers at once two in a hundred share a set with too many others. */
const WAY_BITS = 2;
const WAYS = 1 << WAY_BITS;
const SET_BITS = CACHE_BITS - WAY_BITS;

/** Paths by the addresses of both ends; a newer one takes the place of one of the others of its set, in turn. */
export class PathCache {
  /** The ends of the path of each place, remote and local: beside each other, since paths lie anywhere in memory. */
  private readonly ends = new Int32Array(2 << CACHE_BITS);
  private readonly paths: (Path | undefined)[] = new Array<Path | undefined>(1 << CACHE_BITS).fill(undefined);
  private readonly secret: number;
  private turn = 0;

  constructor(random: Random) {
    this.secret = random.int32();
  }

  /** The path with these ends; not filled in (generation 0) if there was none. */
  at(remote: number, local: number): Path {
    const { ends } = this;
    const first = this.setOf(remote, local) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (ends[2 * place] === remote && ends[2 * place + 1] === local) return this.paths[place] ?? this.enter(place);
    }
    return this.replace(first, remote, local);
  }

  /**
   * Addresses have a pattern, which a secret multiplication alone keeps: with some numbers it put most of 4,000 neighbours
   * into few sets. The secret is enough beside this: who finds colliding addresses gains a look-up more for each datagram.
   */
  private setOf(remote: number, local: number): number {
    const salted = remote ^ this.secret;
    const mixed = Math.imul(salted ^ (salted >>> 16), 0x85ebca6b) + local;
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> (32 - SET_BITS);
  }

  private replace(first: number, remote: number, local: number): Path {
    this.turn = (this.turn + 1) & (WAYS - 1);
    let place = first + this.turn;
    for (let empty = first; empty < first + WAYS; empty++) if (this.paths[empty] === undefined) place = empty;
    this.ends[2 * place] = remote;
    this.ends[2 * place + 1] = local;
    const path = this.paths[place] ?? this.enter(place);
    path.generation = 0;
    return path;
  }

  private enter(place: number): Path {
    const path = new Path();
    this.paths[place] = path;
    return path;
  }
}
