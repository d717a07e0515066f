/** Kept at most, of one kind. */
const MAX_SPARE = 1024;

/** Things that are lent, and wait to be lent again: the one given back last goes first, it is still in the caches. */
export class Spares<T> {
  private readonly things: T[] = [];
  /** The fewest that there have been since the last {@link trim}: so many were not needed. */
  private least = 0;

  /** @param make makes one where none waits */
  constructor(private readonly make: () => T) {}

  /** Number of those that wait. */
  get size(): number {
    return this.things.length;
  }

  /** Lends one. */
  take(): T {
    const thing = this.things.pop();
    if (thing === undefined) return this.make();
    if (this.things.length < this.least) this.least = this.things.length;
    return thing;
  }

  /** Takes one back; false if it is one too many, which is left to the collector. */
  give(thing: T): boolean {
    return this.things.length < MAX_SPARE && this.things.push(thing) > 0;
  }

  /** Lets go of those that were not needed since the last call; their number. */
  trim(): number {
    const { things, least } = this;
    if (least > 0) things.splice(0, least);
    this.least = things.length;
    return least;
  }
}
