/** Limits, times and defaults of TCP. */
export interface TcpLimits {
  /** First and last port for connections that name none (RFC 6335 section 6), both included. */
  readonly ephemeralPorts: readonly [number, number];
  /** Connections at a time, those that nobody has accepted yet included; beyond it a SYN is dropped. */
  readonly maxConnections: number;
  /** Connections of a listener that wait for the application, and half-open ones, if it names no number. */
  readonly defaultBacklog: number;
  /** Half-open connections of all listeners; beyond it, or a listener's backlog, SYNs are answered with cookies. */
  readonly maxHalfOpen: number;
  /** Answer with SYN cookies when the queue is full (RFC 4987 section 3.6); else the SYN is dropped. */
  readonly synCookies: boolean;
  /** Connections in TIME-WAIT; when full, the oldest is forgotten. */
  readonly maxTimeWait: number;
  /** How long a closed connection is remembered, in milliseconds: twice the maximum segment lifetime. */
  readonly timeWaitMs: number;
  /** Bytes of send and receive buffers of all connections; beyond it text is dropped, and of the last quarter writes take nothing. */
  readonly maxMemory: number;
  /** Bytes of a new connection's receive buffer. */
  readonly initialReceiveBuffer: number;
  /** Bytes that a receive buffer may grow to; decides the window scale. */
  readonly maxReceiveBuffer: number;
  /** Bytes of a new connection's send buffer. */
  readonly initialSendBuffer: number;
  /** Bytes that a send buffer may grow to. */
  readonly maxSendBuffer: number;
  /** Ranges that wait out of order on a connection; a segment that would make one more is dropped. */
  readonly maxOutOfOrderRanges: number;
  /** The smallest MSS that a peer can impose, in bytes (SACK panic, CVE-2019-11479). */
  readonly minMss: number;
  /** How long connecting may take, in milliseconds (RFC 9293 section 3.8.3: at least 3 minutes). */
  readonly connectTimeoutMs: number;
  /** How long sent data may wait for an acknowledgment, in milliseconds: R2 of RFC 9293 section 3.8.3. */
  readonly userTimeoutMs: number;
  /** How often a SYN-ACK is sent, at most. */
  readonly synAckAttempts: number;
  /** The retransmission timeout before a round trip was measured, in milliseconds (RFC 6298 section 2.1). */
  readonly initialRtoMs: number;
  /** The least retransmission timeout, in milliseconds. */
  readonly minRtoMs: number;
  /** The greatest retransmission timeout, in milliseconds. */
  readonly maxRtoMs: number;
  /** How long an acknowledgment may wait, in milliseconds (RFC 9293 section 3.8.6.3: under 500). */
  readonly delayedAckMs: number;
  /** Segments of a new connection's congestion window (RFC 6928). */
  readonly initialWindow: number;
  /** The congestion control of new connections: `cubic` (RFC 9438) or `newreno` (RFC 5681, 6582). */
  readonly congestionControl: 'cubic' | 'newreno';
  /** Spread what a window holds over its round trip, for paths whose queues are shorter than a window; costs a timer a connection. */
  readonly pacing: boolean;
  /** Ask for ECN when connecting (RFC 3168); who asks us gets it in any case. */
  readonly ecn: boolean;
  /** Offer selective acknowledgments (RFC 2018) and agree to them. */
  readonly sack: boolean;
  /** Offer timestamps (RFC 7323) and agree to them. */
  readonly timestamps: boolean;
  /** Offer window scaling (RFC 7323) and agree to it. */
  readonly windowScaling: boolean;
  /** Challenge ACKs of a connection in a second (RFC 5961 section 7). */
  readonly challengeAcksPerSecond: number;
  /** How long a connection that was closed waits for the peer's end, in milliseconds. */
  readonly finWaitMs: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  ephemeralPorts: [49152, 65535],
  maxConnections: 262_144,
  defaultBacklog: 511,
  maxHalfOpen: 4096,
  synCookies: true,
  maxTimeWait: 65_536,
  timeWaitMs: 60_000,
  maxMemory: 268_435_456,
  initialReceiveBuffer: 65_536,
  maxReceiveBuffer: 4_194_304,
  initialSendBuffer: 65_536,
  maxSendBuffer: 4_194_304,
  maxOutOfOrderRanges: 128,
  minMss: 88,
  connectTimeoutMs: 180_000,
  userTimeoutMs: 120_000,
  synAckAttempts: 6,
  initialRtoMs: 1000,
  minRtoMs: 200,
  maxRtoMs: 60_000,
  delayedAckMs: 40,
  initialWindow: 10,
  congestionControl: 'cubic',
  pacing: false,
  ecn: false,
  sack: true,
  timestamps: true,
  windowScaling: true,
  challengeAcksPerSecond: 10,
  finWaitMs: 60_000,
};
