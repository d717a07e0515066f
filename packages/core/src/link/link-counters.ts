/**
 * Indices into {@link LinkIo.counters}; the unit is a frame where no other is said. At any time:
 * `RX_FRAMES = DELIVERED + CONSUMED + sum(rxDrops)` and
 * `TX_ACCEPTED = TX_SENT + sum(txDrops) + queued + waiting for ARP`.
 */
export const LinkCounter = {
  /** Frames received from the driver. */
  RX_FRAMES: 0,
  /** Bytes of those frames. */
  RX_BYTES: 1,
  /** Received frames whose payload reached a socket or another user. */
  DELIVERED: 2,
  /** Received frames that the stack itself was the receiver of. */
  CONSUMED: 3,
  /** Frames that the stack accepted for sending. */
  TX_ACCEPTED: 4,
  /** Frames that the driver accepted for sending. */
  TX_SENT: 5,
  /** Bytes of the frames handed to the driver. */
  TX_BYTES: 6,
} as const;

/** Length of {@link LinkIo.counters}. */
export const LINK_COUNTERS = 7;
