/**
 * How a card with several queues finds the queue of a frame: the last bits of its hash are a place in this table, and
 * there stands the queue.
 */
export class IndirectionTable {
  private readonly queues: Uint16Array;

  /**
   * @param queues the queue at each place
   * @throws RangeError if their number is not a power of two
   */
  constructor(queues: ArrayLike<number>) {
    if (queues.length === 0 || (queues.length & (queues.length - 1)) !== 0) {
      throw new RangeError(`an indirection table has a power of two of places, not ${queues.length}`);
    }
    this.queues = Uint16Array.from(queues);
  }

  /** The table that drivers begin with: all queues in turn. */
  static even(places: number, queueCount: number): IndirectionTable {
    return new IndirectionTable(Array.from({ length: places }, (_, place) => place % queueCount));
  }

  /** The queue on which a frame with this hash arrives. */
  queueOf(hash: number): number {
    return this.queues[hash & (this.queues.length - 1)];
  }
}
