/** Indices into {@link Udp.counters}; the unit is a datagram. */
export enum UdpCounter {
  /** Shown to a socket's callback or put in its queue; one that several sockets get counts for each. */
  delivered,
  /** Accepted for sending. */
  sent,
  /** Sends refused for want of room (`EAGAIN`). */
  sendRefused,
  /** Datagrams that a socket's full receive queue lost; one that several sockets lost counts for each. */
  receiveQueueFull,
  /** Errors passed to a socket. */
  errors,
}

/** Number of counters. */
export const UDP_COUNTERS = 5;
