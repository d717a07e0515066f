/** Indices into {@link Tcp.counters}; the unit is a segment where no other is said. */
export enum TcpCounter {
  /** Received, well-formed and to us. */
  segmentsReceived,
  /** Sent, resets and retransmissions included. */
  segmentsSent,
  /** Sent again. */
  segmentsResent,
  /** Retransmission timeouts. */
  timeouts,
  /** Tail loss probes sent (RFC 8985 section 7). */
  tailLossProbes,
  /** Recoveries by acknowledgments, without a timeout; counted in recoveries. */
  recoveries,
  /** Reductions taken back: the loss was none (RFC 3522). */
  spuriousRecoveries,
  /** Connections that the peer opened and that were established. */
  accepted,
  /** Connections of ours that were established. */
  connected,
  /** Connections that ended by a reset of the peer's. */
  resetByPeer,
  /** Connections that ended because the peer no longer answered. */
  timedOut,
  /** Resets sent. */
  resetsSent,
  /** Challenge ACKs sent (RFC 5961). */
  challengeAcks,
  /** Challenge ACKs not sent because the connection had had enough of them. */
  challengeAcksLimited,
  /** SYNs answered with a cookie. */
  cookiesSent,
  /** Connections made of a cookie. */
  cookiesAccepted,
  /** Half-open connections given up. */
  halfOpenExpired,
  /** Connections forgotten before their TIME-WAIT was over, to make room. */
  timeWaitEvicted,
  /** Segments with an option of an illegal length; what stood before it counted. */
  malformedOptions,
  /** Segments with an urgent pointer. */
  urgent,
  /** Zero-window probes sent. */
  windowProbes,
  /** Keep-alive probes sent. */
  keepAlives,
  /** Congestion marks received. */
  congestionMarks,
  /** Path MTUs reduced because large segments were lost in silence (RFC 4821). */
  blackHoles,
  /** Errors from the network that concern a connection. */
  errors,
}

/** Number of counters. */
export const TCP_COUNTERS = 25;
