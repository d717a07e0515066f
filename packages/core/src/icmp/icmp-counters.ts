/** Indices into {@link Icmp.counters}; the unit is a message. */
export const IcmpCounter = {
  ECHO_REQUESTS_ANSWERED: 0,
  ECHO_REPLIES_RECEIVED: 1,
  ERRORS_RECEIVED: 2,
  ERRORS_SENT: 3,
  /** Errors that were due but kept back by the rate limit. */
  ERRORS_RATE_LIMITED: 4,
  /** Messages not sent because the link had no room. */
  NO_ROOM: 5,
} as const;

/** Names of {@link IcmpCounter}, in its order. */
export const ICMP_COUNTER_NAMES = [
  'echoRequestsAnswered',
  'echoRepliesReceived',
  'errorsReceived',
  'errorsSent',
  'errorsRateLimited',
  'noRoom',
] as const;
