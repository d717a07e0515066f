/** Limits of raw sockets. */
export interface RawLimits {
  /** Raw sockets at a time, of IP protocols and of frames together. */
  readonly maxSockets: number;
  /** Bytes that the queue of a socket without callback may hold; what comes then is not kept, and counted. */
  readonly receiveBufferSize: number;
}

export const DEFAULT_RAW_LIMITS: RawLimits = { maxSockets: 256, receiveBufferSize: 212_992 };
