import { injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';

/** The port of the echo protocol (RFC 862). */
const ECHO_PORT = 7;

/** The TCP echo service (RFC 862): every byte goes back; when the peer ends, so do we, once all is sent. */
@injectable()
export class TcpEcho {
  private connections = 0;
  private bytes = 0;

  /** Listens on port 7 on every address, until the stack closes. */
  start(stack: LunettaStack): void {
    stack.tcp.listen({ port: ECHO_PORT }).onConnection = (connection) => this.serve(connection);
  }

  /** Connections served, and bytes sent back. */
  get counters() {
    return { connections: this.connections, bytes: this.bytes };
  }

  /** Sends back all that comes on a connection. */
  serve(connection: TcpConnection): void {
    this.connections++;
    connection.noDelay = true;
    const pump = (): void => this.pump(connection);
    connection.onReadable = pump;
    connection.onWritable = pump;
  }

  private pump(connection: TcpConnection): void {
    while (connection.readableLength > 0) {
      const taken = connection.write(connection.peek());
      if (taken <= 0) return; // onWritable comes when there is room
      connection.consume(taken);
      this.bytes += taken;
    }
    if (connection.isReadEnded) connection.end();
  }
}
