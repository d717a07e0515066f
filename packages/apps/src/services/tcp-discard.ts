import { injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';

/** The port of the discard protocol (RFC 863). */
const DISCARD_PORT = 9;

/** The TCP discard service (RFC 863): takes all that comes, and ends when the peer does. */
@injectable()
export class TcpDiscard {
  private connections = 0;
  private bytes = 0;

  /** Listens on port 9 on every address, until the stack closes. */
  start(stack: LunettaStack): void {
    stack.tcp.listen({ port: DISCARD_PORT }).onConnection = (connection) => {
      this.connections++;
      connection.onReadable = () => this.take(connection);
    };
  }

  /** Connections served, and bytes taken. */
  get counters() {
    return { connections: this.connections, bytes: this.bytes };
  }

  private take(connection: TcpConnection): void {
    const { readableLength } = connection;
    connection.consume(readableLength);
    this.bytes += readableLength;
    if (connection.isReadEnded) connection.end();
  }
}
