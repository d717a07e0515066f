// Why a frame was lost, or not shown; indices into DROP_NAMES.
/** No empty buffer for a packet whose time had come. */
export const DROP_RX_NO_BUFFER = 0;
/** A packet from our own address: a capture holds both directions. */
export const DROP_RX_OWN = 1;
/** A packet without a byte, or longer than any frame. */
export const DROP_RX_LENGTH = 2;
/** Sent after the end. */
export const DROP_TX_NOT_UP = 3;
/** Sent, but it could not be written. */
export const DROP_TX_NOT_WRITTEN = 4;
export const DROP_NAMES = ['rxNoBuffer', 'rxOwnAddress', 'rxBadLength', 'txLinkDown', 'txNotWritten'] as const;
