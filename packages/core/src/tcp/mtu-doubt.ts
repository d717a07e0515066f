/** Large segments of a connection are thought to get lost on the way: smaller ones are tried. */
export class MtuDoubt {
  /** They have passed, and large ones are tried again. */
  isLifted = false;

  /**
   * @param size bytes after the header that are tried
   * @param upTo the sequence number up to which it is about
   */
  constructor(
    readonly size: number,
    public upTo: number,
  ) {}

  /** Bytes after the header at most. */
  get limit(): number {
    return this.isLifted ? Infinity : this.size;
  }
}
