import { inject, injectable } from 'inversify';
import { SocketError, type LunettaStack } from 'lunetta';
import { TcpEcho } from './tcp-echo.js';

const PORT = 5009;

/** For a datagram `C <ip> <port>` opens a TCP connection there, sends `hello`, then sends back what comes. */
@injectable()
export class UdpCaller {
  private readonly greeting = new TextEncoder().encode('hello\n');
  private calls = 0;
  private refused = 0;

  constructor(@inject(TcpEcho) private readonly echo: TcpEcho) {}

  /** Binds UDP port 5009 on every address; the socket closes with the stack. */
  start(stack: LunettaStack): void {
    const socket = stack.udp.open();
    socket.onDatagram = ({ bytes }) => this.call(stack, new TextDecoder().decode(bytes));
    socket.bind({ port: PORT });
  }

  /** Connections tried, and datagrams that asked for none that is possible. */
  get counters() {
    return { calls: this.calls, refused: this.refused };
  }

  private call(stack: LunettaStack, text: string): void {
    const match = /^C (\S+) (\d{1,5})\s*$/.exec(text);
    try {
      if (match === null) throw new SocketError('EINVAL', 'connect', 'the datagram is no "C <ip> <port>"');
      const connection = stack.tcp.connect({ address: match[1], port: Number(match[2]) });
      this.calls++;
      connection.write(this.greeting);
      this.echo.serve(connection);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.refused++;
    }
  }
}
