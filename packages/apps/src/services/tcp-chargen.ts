import { injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';

/** The port of the character generator protocol (RFC 864). */
const CHARGEN_PORT = 19;
/** The printing characters of ASCII, space first; a line shows 72 of them and starts one later than the one before. */
const CHARACTERS = 95;
const LINE_LENGTH = 72;

/** Lines of the classic pattern, as often as it repeats within 64 KiB. */
function pattern(): Uint8Array {
  let text = '';
  for (let line = 0; line < 8 * CHARACTERS; line++) {
    for (let i = 0; i < LINE_LENGTH; i++) text += String.fromCharCode(32 + ((line + i) % CHARACTERS));
    text += '\r\n';
  }
  return new TextEncoder().encode(text);
}

/** The TCP character generator (RFC 864): sends characters as fast as the peer takes them. */
@injectable()
export class TcpChargen {
  private readonly lines = pattern();
  private connections = 0;
  private bytes = 0;

  /** Listens on port 19 on every address, until the stack closes. */
  start(stack: LunettaStack): void {
    stack.tcp.listen({ port: CHARGEN_PORT }).onConnection = (connection) => this.serve(connection);
  }

  /** Connections served, and bytes sent. */
  get counters() {
    return { connections: this.connections, bytes: this.bytes };
  }

  private serve(connection: TcpConnection): void {
    this.connections++;
    let at = 0;
    const push = (): void => {
      for (let taken = 1; taken > 0;) {
        taken = connection.write(this.lines, at);
        if (taken <= 0) return;
        this.bytes += taken;
        at = (at + taken) % this.lines.length;
      }
    };
    connection.onWritable = push;
    connection.onReadable = () => {
      connection.consume(connection.readableLength); // what the peer says is thrown away
      if (connection.isReadEnded) connection.close();
    };
    push();
  }
}
