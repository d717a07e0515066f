import type { LinkStatistics } from '../link-driver.js';

// What the stack did wrong; indices into REFUSAL_NAMES.
/** No buffer has that handle. */
export const REFUSE_HANDLE = 0;
/** A handle in `free` that is not the stack's: returned twice, or sent already. */
export const REFUSE_DOUBLE_FREE = 1;
/** A handle in `tx` that is not the stack's: queued twice, returned, or still lent. */
export const REFUSE_NOT_OWNED = 2;
/** A segment that starts outside its buffer. */
export const REFUSE_OFFSET = 3;
/** A segment that is empty or ends outside its buffer. */
export const REFUSE_LENGTH = 4;
/** A frame shorter than an Ethernet header, or longer than the MTU allows. */
export const REFUSE_FRAME_LENGTH = 5;
/** `MORE` in the last descriptor. */
export const REFUSE_OPEN_CHAIN = 6;
/** A request that {@link LinkQueue.offloads} does not offer. */
export const REFUSE_OFFLOAD = 7;
/** A count that is negative or beyond its array. */
export const REFUSE_COUNT = 8;
const REFUSAL_NAMES = [
  'handle',
  'doubleFree',
  'notOwned',
  'offset',
  'length',
  'frameLength',
  'openChain',
  'offload',
  'count',
] as const;

/** The counters of one port. Doubles in typed arrays: counting makes no garbage and stays exact up to 2^53. */
export class PortCounters {
  rxFrames = 0;
  rxBytes = 0;
  txFrames = 0;
  txBytes = 0;
  /** Frames lost, by the index of the reason's name. */
  readonly dropped: Float64Array;
  /** Handles and frames refused, by `REFUSE_`. */
  readonly refused = new Float64Array(REFUSAL_NAMES.length);

  /** @param dropNames why the driver may lose a frame */
  constructor(private readonly dropNames: readonly string[]) {
    this.dropped = new Float64Array(dropNames.length);
  }

  /** A copy for the control plane. */
  statistics(): LinkStatistics {
    const { rxFrames, rxBytes, txFrames, txBytes } = this;
    return {
      rxFrames,
      rxBytes,
      txFrames,
      txBytes,
      dropped: named(this.dropNames, this.dropped),
      refused: named(REFUSAL_NAMES, this.refused),
    };
  }
}

function named(names: readonly string[], values: Float64Array): Record<string, number> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
