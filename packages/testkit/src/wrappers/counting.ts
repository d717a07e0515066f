import { COUNT_SENT, DESCRIPTOR_WORDS, FLAGS, LENGTH, type LinkDriver, type LinkPort, MORE } from '@lunetta/core';
import { wrapDriver, WrappedPort } from './wrapped-port.js';
import { WrappedQueue } from './wrapped-queue.js';

/** What passed between a driver and its stack: an account by somebody who is neither. */
export class LinkTally {
  rxFrames = 0;
  rxBytes = 0;
  /** Frames that the driver accepted, refused ones included. */
  txFrames = 0;
  txBytes = 0;
  /** Polls that received or sent something. */
  busyPolls = 0;
  /** Polls in all. */
  polls = 0;
}

/** Counts what passes into a {@link LinkTally}. */
class CountingQueue extends WrappedQueue {
  constructor(
    inner: ConstructorParameters<typeof WrappedQueue>[0],
    private readonly tally: LinkTally,
  ) {
    super(inner);
  }

  override poll(txCount: number): number {
    const { tally, inner } = this;
    const received = inner.poll(txCount);
    const sent = txCount === 0 ? 0 : this.counts[COUNT_SENT];
    tally.polls++;
    if (received + sent > 0) tally.busyPolls++;
    for (let at = 0; at < received * DESCRIPTOR_WORDS; at += DESCRIPTOR_WORDS) {
      tally.rxBytes += this.rx[at + LENGTH];
      if ((this.rx[at + FLAGS] & MORE) === 0) tally.rxFrames++;
    }
    for (let at = 0; at < sent * DESCRIPTOR_WORDS; at += DESCRIPTOR_WORDS) {
      tally.txBytes += this.tx[at + LENGTH];
      if ((this.tx[at + FLAGS] & MORE) === 0) tally.txFrames++;
    }
    return received;
  }
}

/** A port whose traffic is counted in `tally`; it owns the inner port. */
export function countFrames(port: LinkPort, tally: LinkTally): LinkPort {
  return new WrappedPort(port, (queue) => new CountingQueue(queue, tally));
}

/** A driver all of whose ports count into one `tally`. */
export function countingDriver<Options>(inner: LinkDriver<Options>, tally: LinkTally): LinkDriver<Options> {
  return wrapDriver(inner, (port) => countFrames(port, tally));
}
