/** Limits and defaults of UDP. */
export interface UdpLimits {
  /** First and last port for sockets that name none (RFC 6335 section 6), both included. */
  readonly ephemeralPorts: readonly [number, number];
  /** Bytes that a socket's receive queue may hold, with 256 charged for each datagram. */
  readonly receiveBufferSize: number;
  /** Sockets at a time. */
  readonly maxSockets: number;
}

export const DEFAULT_UDP_LIMITS: UdpLimits = {
  ephemeralPorts: [49152, 65535],
  receiveBufferSize: 212_992,
  maxSockets: 65_536,
};
