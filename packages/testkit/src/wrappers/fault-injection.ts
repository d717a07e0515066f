import type { LinkDriver, LinkPort, LinkQueue, LinkStatistics } from '@lunetta/core';
import { FaultModel } from '../faults/fault-model.js';
import { FaultCounts, type FaultOptions } from './fault-options.js';
import { FaultQueue } from './fault-queue.js';
import { wrapDriver, WrappedPort } from './wrapped-port.js';

/** A port with which things go wrong. It owns the inner port. */
export class FaultyPort extends WrappedPort {
  /** What went wrong so far. */
  readonly faults: FaultCounts;

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is not a probability
   */
  constructor(inner: LinkPort, options: FaultOptions) {
    const model = new FaultModel(options.random, options);
    const counts = new FaultCounts();
    super(inner, (queue: LinkQueue) => new FaultQueue(queue, model, counts));
    this.faults = counts;
  }

  override statistics(): LinkStatistics {
    const inner = this.inner.statistics();
    const { lost, lostBytes, duplicated, duplicatedBytes } = this.faults;
    return {
      ...inner,
      rxFrames: inner.rxFrames - lost + duplicated,
      rxBytes: inner.rxBytes - lostBytes + duplicatedBytes,
      dropped: { ...inner.dropped, faultLost: lost },
    };
  }
}

/**
 * A driver with whose received frames things go wrong; for both directions wrap both ends.
 *
 * @throws LunettaError (on open) `LUNETTA_ERR_CONFIG` for what is not a probability
 */
export function faultyDriver<Options>(inner: LinkDriver<Options>, options: FaultOptions): LinkDriver<Options> {
  return wrapDriver(inner, (port) => new FaultyPort(port, options));
}
