/**
 * Indices into {@link LinkIo.counters}; the unit is a frame where no other is said. At any time:
 * `rxFrames = delivered + consumed + forwarded + sum(rxDrops)` and
 * `txAccepted = txSent + sum(txDrops) + queued + waiting for ARP`.
 */
export enum LinkCounter {
  /** Frames received from the driver. */
  rxFrames,
  /** Bytes of those frames. */
  rxBytes,
  /** Received frames whose payload reached a socket or another user. */
  delivered,
  /** Received frames that the stack itself was the receiver of, or that were merged into a datagram. */
  consumed,
  /** Received frames whose datagram was passed on to another link. */
  forwarded,
  /** Frames that the stack accepted for sending. */
  txAccepted,
  /** Frames that the driver accepted for sending. */
  txSent,
  /** Bytes of the frames queued for the driver. */
  txBytes,
}

/** Number of counters. */
export const LINK_COUNTERS = 8;
