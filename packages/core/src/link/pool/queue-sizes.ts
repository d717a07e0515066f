/**
 * Empty buffers offered to the stack, as many frames as it may start itself between two polls: enough to cut up each
 * datagram of a burst. Of few buffers no more than a quarter.
 */
const MAX_STOCK = 256;

/** How many empty buffers a driver offers to the stack, of so many in all. */
export function stockFor(buffers: number): number {
  return Math.min(MAX_STOCK, buffers >> 2);
}

/** Segments that one poll can send: an answer in two segments to each frame of a burst, and the stock. */
export function txCapacityFor(burst: number, buffers: number): number {
  return 2 * burst + stockFor(buffers);
}
