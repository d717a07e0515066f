import { injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';
import { ByteReader } from './byte-reader.js';
import { ACCESS_DENIED, COOKIE_LENGTH } from './protocol.js';
import { Session, type TestReport } from './session.js';

/** A server for iperf3 clients: one test at a time, TCP, both directions. */
@injectable()
export class Iperf3Server {
  private session: Session | undefined = undefined;

  /**
   * Listens until the stack closes.
   *
   * @param onEnd called at the end of every test
   */
  start(stack: LunettaStack, port: number, onEnd: (report: TestReport | Error) => void): void {
    stack.tcp.listen({ port }).onConnection = (connection) => {
      const reader = new ByteReader(connection, () => connection.close());
      reader.next(COOKIE_LENGTH, (bytes) => this.welcome(connection, new TextDecoder().decode(bytes), onEnd));
    };
  }

  private welcome(connection: TcpConnection, cookie: string, onEnd: (report: TestReport | Error) => void): void {
    if (this.session === undefined) {
      this.session = new Session(
        connection,
        cookie,
        () => performance.now(),
        (outcome) => {
          this.session = undefined;
          onEnd(outcome);
        },
      );
    } else if (this.session.isWaitingFor(cookie)) {
      this.session.addStream(connection);
    } else {
      connection.write(Uint8Array.of(ACCESS_DENIED));
      connection.close();
    }
  }
}
