import type { TcpConnection } from '../tcp-connection.js';

/** TCP as its listeners see it. */
export interface ListenerPort {
  /** Forgets the listener and what waits in it. */
  forgetListener(listener: TcpListener): void;
  /** Calls the application; what it throws goes to the host. */
  guard(callback: () => void): void;
}

/** Takes connections on a port. Either set {@link onConnection}, or call {@link accept} after {@link onAcceptable}. */
export class TcpListener {
  /** Called for every connection that is established, as it comes. */
  private connectionHandler: ((connection: TcpConnection) => void) | undefined = undefined;
  /** Called when a connection waits for {@link accept}. */
  onAcceptable: (() => void) | undefined = undefined;
  /** @internal Connections that wait. */
  readonly queue: TcpConnection[] = [];
  /** @internal Half-open connections. */
  halfOpen = 0;
  /** @internal Until when cookies are accepted, microseconds: none were sent later. */
  cookiesUntilUs = -Infinity;
  /** @internal */
  isClosed = false;

  /** @internal Through `Tcp.listen`. */
  constructor(
    private readonly tcp: ListenerPort,
    /** The address that it listens on; undefined: any of ours. */
    readonly localAddress: string | undefined,
    /** @internal Signed 32 bits; 0: any. */
    readonly address: number,
    readonly localPort: number,
    /** Established connections that may wait for the application, and half-open ones. */
    readonly backlog: number,
  ) {}

  get onConnection(): ((connection: TcpConnection) => void) | undefined {
    return this.connectionHandler;
  }

  set onConnection(handler: ((connection: TcpConnection) => void) | undefined) {
    this.connectionHandler = handler;
    while (this.connectionHandler !== undefined && this.queue.length > 0) this.hand(this.queue.shift()!);
  }

  /** The connection that has waited longest; undefined if none waits. */
  accept(): TcpConnection | undefined {
    return this.queue.shift();
  }

  /** Ends listening. Connections that nobody has accepted are reset; others live on. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tcp.forgetListener(this);
  }

  /** @internal A connection is established. */
  offer(connection: TcpConnection): void {
    if (this.connectionHandler !== undefined) return this.hand(connection);
    this.queue.push(connection);
    if (this.onAcceptable !== undefined) this.tcp.guard(this.onAcceptable);
  }

  private hand(connection: TcpConnection): void {
    const handler = this.connectionHandler!;
    this.tcp.guard(() => handler(connection));
  }
}
