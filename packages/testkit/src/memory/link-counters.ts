import type { LinkStatistics } from '@lunetta/core';

// Why a frame was lost; indices into DROP_NAMES.
/** The receiving port had no empty buffer. */
export const DROP_RX_NO_BUFFER = 0;
/** On its way to us when the link went down. */
export const DROP_RX_LINK_DOWN = 1;
/** On its way to us when the port was closed. */
export const DROP_RX_CLOSED = 2;
/** More frames under way than the cable holds. */
export const DROP_TX_QUEUE_FULL = 3;
/** Sent while the link was down or gone, or the far end closed. */
export const DROP_TX_LINK_DOWN = 4;
const DROP_NAMES = ['rxNoBuffer', 'rxLinkDown', 'rxClosed', 'txQueueFull', 'txLinkDown'] as const;

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
export class LinkCounters {
  rxFrames = 0;
  rxBytes = 0;
  txFrames = 0;
  txBytes = 0;
  /** Frames lost, by `DROP_`. */
  readonly dropped = new Float64Array(DROP_NAMES.length);
  /** Handles and frames refused, by `REFUSE_`. */
  readonly refused = new Float64Array(REFUSAL_NAMES.length);

  /** A copy for the control plane. */
  statistics(): LinkStatistics {
    const { rxFrames, rxBytes, txFrames, txBytes } = this;
    return {
      rxFrames,
      rxBytes,
      txFrames,
      txBytes,
      dropped: named(DROP_NAMES, this.dropped),
      refused: named(REFUSAL_NAMES, this.refused),
    };
  }
}

function named(names: readonly string[], values: Float64Array): Record<string, number> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
