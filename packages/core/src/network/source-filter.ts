/** Whose datagrams are wanted of a multicast group: of all sources but some, or of some only (RFC 3376 section 2). */
export class SourceFilter {
  /** Nobody's: the group is not joined. */
  static readonly NOTHING = new SourceFilter(false, new Set());
  /** Everybody's. */
  static readonly ALL = new SourceFilter(true, new Set());

  /**
   * @param isExclude true: from all sources but `sources`; false: from those only
   * @param sources as the family has them (IPv4: signed 32 bits)
   */
  constructor(
    readonly isExclude: boolean,
    readonly sources: ReadonlySet<number>,
  ) {}

  /** True if datagrams of `source` are wanted. */
  admits(source: number): boolean {
    return this.sources.has(source) !== this.isExclude;
  }

  /** True if nothing is wanted. */
  get isNothing(): boolean {
    return !this.isExclude && this.sources.size === 0;
  }

  /** The same with one more source in its list. */
  with(source: number): SourceFilter {
    return new SourceFilter(this.isExclude, new Set([...this.sources, source]));
  }

  /** The same with a source less in its list. */
  without(source: number): SourceFilter {
    return new SourceFilter(this.isExclude, new Set([...this.sources].filter((other) => other !== source)));
  }

  /** True if both want the same. */
  equals(other: SourceFilter): boolean {
    if (this.isExclude !== other.isExclude || this.sources.size !== other.sources.size) return false;
    return [...this.sources].every((source) => other.sources.has(source));
  }
}

/**
 * What several want together (RFC 3376 section 3.2): if one of them excludes sources, all but what all of those exclude
 * and nobody includes; else what any includes.
 */
export function mergedFilter(filters: readonly SourceFilter[]): SourceFilter {
  const included = new Set(filters.filter(({ isExclude }) => !isExclude).flatMap(({ sources }) => [...sources]));
  const [first, ...others] = filters.filter(({ isExclude }) => isExclude);
  if (first === undefined) return new SourceFilter(false, included);
  const excluded = [...first.sources].filter(
    (source) => !included.has(source) && others.every(({ sources }) => sources.has(source)),
  );
  return new SourceFilter(true, new Set(excluded));
}
