import type { Datagram } from './datagram.js';

/** A datagram on its own: a copy that belongs to the application. */
export class ReceivedDatagram {
  readonly bytes: Uint8Array;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address that it was sent to: ours, or a broadcast or multicast address. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Number of the interface that it came in by. */
  readonly interfaceIndex: number;
  readonly ttl: number;
  readonly tos: number;

  constructor(datagram: Datagram) {
    this.bytes = datagram.bytes.slice();
    this.remoteAddress = datagram.remoteAddress;
    this.remotePort = datagram.remotePort;
    this.localAddress = datagram.localAddress;
    this.localPort = datagram.localPort;
    this.interfaceIndex = datagram.interfaceIndex;
    this.ttl = datagram.ttl;
    this.tos = datagram.tos;
  }
}
