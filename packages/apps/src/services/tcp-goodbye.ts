import { injectable } from 'inversify';
import type { LunettaStack } from 'lunetta';

const PORT = 5013;

/** On every connection says `bye` and closes first, so that TIME-WAIT is ours. */
@injectable()
export class TcpGoodbye {
  private readonly words = new TextEncoder().encode('bye\n');

  /** Listens on port 5013 on every address, until the stack closes. */
  start(stack: LunettaStack): void {
    stack.tcp.listen({ port: PORT }).onConnection = (connection) => {
      connection.write(this.words);
      connection.end();
      connection.onReadable = () => connection.consume(connection.readableLength);
    };
  }
}
