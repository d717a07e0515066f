// Why a frame was lost on a cable; indices into DROP_NAMES.
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
export const DROP_NAMES = ['rxNoBuffer', 'rxLinkDown', 'rxClosed', 'txQueueFull', 'txLinkDown'] as const;
