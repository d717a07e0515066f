import { injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';

const HTTP_PORT = 80;
/** A request line with its fields may not be longer. */
const MAX_HEAD_LENGTH = 8192;
const BODY = 'hello from lunetta\n';
const END_OF_HEAD = '\r\n\r\n';

/** A response as HTTP/1.1 writes it (RFC 9112). */
function response(status: string, body: string, isLast: boolean, withBody = true): string {
  const length = `Content-Length: ${body.length}\r\n`;
  const fields = `Content-Type: text/plain\r\n${length}Connection: ${isLast ? 'close' : 'keep-alive'}\r\n`;
  return `HTTP/1.1 ${status}\r\n${fields}\r\n${withBody ? body : ''}`;
}

/** What has come of the next request of a connection. */
class HttpExchange {
  private head = '';
  private isOver = false;
  private unsent = new Uint8Array(0);

  constructor(
    private readonly connection: TcpConnection,
    private readonly onRequest: () => void,
  ) {
    connection.noDelay = true;
    connection.onReadable = () => this.read();
    connection.onWritable = () => this.flush();
  }

  private read(): void {
    const { connection } = this;
    while (connection.readableLength > 0 && this.unsent.length === 0) {
      const bytes = connection.peek();
      // The head is ASCII; other bytes are taken as they are (RFC 9112 section 2.2).
      if (!this.isOver) this.head += String.fromCharCode(...bytes.subarray(0, MAX_HEAD_LENGTH));
      connection.consume(Math.min(bytes.length, MAX_HEAD_LENGTH));
      this.answerAll();
    }
    if (connection.isReadEnded) connection.end();
  }

  /** Answers what is complete: several requests may come in one segment. */
  private answerAll(): void {
    for (let end = this.head.indexOf(END_OF_HEAD); end >= 0 && !this.isOver; end = this.head.indexOf(END_OF_HEAD)) {
      const head = this.head.slice(0, end);
      this.head = this.head.slice(end + END_OF_HEAD.length);
      this.onRequest();
      this.answer(head);
    }
    if (this.head.length > MAX_HEAD_LENGTH) this.reply('431 Request Header Fields Too Large', 'too long\n', true);
  }

  private answer(head: string): void {
    const [line, ...fields] = head.split('\r\n');
    const match = /^(\S+) (\S+) HTTP\/1\.(\d)$/.exec(line);
    if (match === null) return this.reply('400 Bad Request', 'no HTTP/1 request\n', true);
    const [, method, target, minor] = match;
    const wish = fields.find((field) => /^connection:/i.test(field))?.toLowerCase() ?? '';
    const isLast = minor === '0' ? !wish.includes('keep-alive') : wish.includes('close');
    const hasBody = fields.some((field) => /^(content-length:\s*[1-9]|transfer-encoding:)/i.test(field));
    if (hasBody) return this.reply('413 Content Too Large', 'requests with a body are not taken\n', true);
    if (method !== 'GET' && method !== 'HEAD') return this.reply('405 Method Not Allowed', 'GET or HEAD\n', isLast);
    if (target !== '/') return this.reply('404 Not Found', 'there is only /\n', isLast, method === 'GET');
    this.reply('200 OK', BODY, isLast, method === 'GET');
  }

  private reply(status: string, body: string, isLast: boolean, withBody = true): void {
    this.isOver = isLast;
    if (isLast) this.head = '';
    const text = new TextEncoder().encode(response(status, body, isLast, withBody));
    const all = new Uint8Array(this.unsent.length + text.length);
    all.set(this.unsent);
    all.set(text, this.unsent.length);
    this.unsent = all;
    this.flush();
  }

  private flush(): void {
    const taken = this.connection.write(this.unsent);
    if (taken > 0) this.unsent = this.unsent.slice(taken);
    if (this.unsent.length > 0) return;
    if (this.isOver) this.connection.end();
    else if (this.connection.readableLength > 0) this.read();
  }
}

/** A small HTTP/1.1 server: `GET /` gives a short text; connections are kept or closed as the client wishes. */
@injectable()
export class HttpServer {
  private connections = 0;
  private requests = 0;

  /** Listens on port 80 on every address, until the stack closes. */
  start(stack: LunettaStack): void {
    stack.tcp.listen({ port: HTTP_PORT }).onConnection = (connection) => {
      this.connections++;
      new HttpExchange(connection, () => this.requests++);
    };
  }

  /** Connections and requests served. */
  get counters() {
    return { connections: this.connections, requests: this.requests };
  }
}
