import { injectable } from 'inversify';
import type { Datagram, LunettaStack, SocketErrorCode } from 'lunetta';

/** The port of the echo protocol (RFC 862). */
const ECHO_PORT = 7;

/** Who sent a datagram. */
export interface Sender {
  readonly address: string;
  readonly port: number;
}

/** The UDP echo service (RFC 862): every datagram goes back to its sender, in the buffer that it came in. */
@injectable()
export class UdpEcho {
  private datagrams = 0;
  private bytes = 0;
  private readonly dropped: Partial<Record<SocketErrorCode, number>> = {};
  private sender: Sender | undefined = undefined;

  /** Binds port 7 on every address; the socket closes with the stack. */
  start(stack: Pick<LunettaStack, 'udp'>): void {
    const socket = stack.udp.open();
    socket.onDatagram = (datagram) => this.answer(datagram);
    socket.bind({ port: ECHO_PORT });
  }

  /** Datagrams answered, their bytes, and datagrams not answered by reason (`EAGAIN`: no room to send). */
  get counters() {
    return { datagrams: this.datagrams, bytes: this.bytes, dropped: this.dropped };
  }

  /** Who sent the first datagram since the last call. */
  takeSender(): Sender | undefined {
    const { sender } = this;
    this.sender = undefined;
    return sender;
  }

  private answer(datagram: Datagram): void {
    // Only the first one after a look: text is made for the eye, not for each datagram.
    this.sender ??= { address: datagram.remoteAddress, port: datagram.remotePort };
    const { length } = datagram;
    const error = datagram.reply();
    if (error !== undefined) {
      this.dropped[error] = (this.dropped[error] ?? 0) + 1;
      return;
    }
    this.datagrams++;
    this.bytes += length;
  }
}
