/** Indices into {@link Udp.counters}; the unit is a datagram. */
export const UdpCounter = {
  /** Shown to a socket's callback or put in its queue; one that several sockets get counts for each. */
  DELIVERED: 0,
  /** Accepted for sending. */
  SENT: 1,
  /** Sends refused for want of room (`EAGAIN`). */
  SEND_REFUSED: 2,
  /** Datagrams that a socket's full receive queue lost; one that several sockets lost counts for each. */
  RECEIVE_QUEUE_FULL: 3,
  /** Errors passed to a socket. */
  ERRORS: 4,
} as const;

/** Names of {@link UdpCounter}, in its order. */
export const UDP_COUNTER_NAMES = ['delivered', 'sent', 'sendRefused', 'receiveQueueFull', 'errors'] as const;
