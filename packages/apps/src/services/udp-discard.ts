import { injectable } from 'inversify';
import type { LunettaStack } from 'lunetta';

/** The port of the discard protocol (RFC 863). */
const DISCARD_PORT = 9;

/** The UDP discard service (RFC 863): takes every datagram and answers none. */
@injectable()
export class UdpDiscard {
  private datagrams = 0;
  private bytes = 0;

  /** Binds port 9 on every address; the socket closes with the stack. */
  start(stack: LunettaStack): void {
    const socket = stack.udp.open();
    socket.onDatagram = ({ length }) => {
      this.datagrams++;
      this.bytes += length;
    };
    socket.bind({ port: DISCARD_PORT });
  }

  /** Datagrams taken, and their bytes. */
  get counters() {
    return { datagrams: this.datagrams, bytes: this.bytes };
  }
}
