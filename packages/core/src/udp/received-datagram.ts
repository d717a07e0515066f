/** A datagram on its own: a copy that belongs to the application. */
export interface ReceivedDatagram {
  readonly bytes: Uint8Array;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address that it was sent to: ours, or a broadcast or multicast address. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Number of the interface that it came in by. */
  readonly interfaceIndex: number;
  readonly ttl: number;
  /** DSCP and ECN, the TOS of old. */
  readonly tos: number;
}
