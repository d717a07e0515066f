import { END_OF_STREAM, SocketError, type Stack, type TcpConnection, type TcpListener } from '@lunetta/core';
import type { DrillSocket, NamedAddress, Outcome, ReceiveRequest } from './drill-socket.js';
import { errnoOf } from './errno.js';
import { SYMBOLS } from './symbols.js';
import type { DefaultEnds } from './udp-drill-socket.js';

const DONE: Outcome = { kind: 'value', value: 0 };
const BLOCKS: Outcome = { kind: 'blocks' };
const error = (code: string): Outcome => ({ kind: 'error', code });
const value = (count: number): Outcome => ({ kind: 'value', value: count });

/** A TCP socket of our stack with the calls of a UNIX one. A call that blocks is made again until it no longer does. */
export class TcpDrillSocket implements DrillSocket {
  nonBlocking = false;
  receivedFlags = 0;
  private boundAddress: string | undefined = undefined;
  private boundPort = 0;
  private listener: TcpListener | undefined = undefined;
  private pendingError: string | undefined = undefined;
  private isConnected = false;
  /** Bytes of the write that blocks which were taken already. */
  private written = 0;
  private lingersAbortively = false;
  private noDelay = false;
  private readonly keepAlive = { isOn: false, idleMs: 7_200_000, intervalMs: 75_000, probes: 9 };

  constructor(
    private readonly stack: Stack,
    private readonly ends: DefaultEnds,
    private connection?: TcpConnection,
  ) {
    if (connection !== undefined) this.watch(connection);
  }

  get localPort(): number {
    return this.connection?.localPort ?? this.boundPort;
  }

  get readiness(): number {
    const { connection, listener } = this;
    if (listener !== undefined) return listener.queue.length > 0 ? SYMBOLS['POLLIN'] | SYMBOLS['POLLRDNORM'] : 0;
    if (connection === undefined) return SYMBOLS['POLLOUT'] | SYMBOLS['POLLHUP'];
    const isReadable = connection.readableLength > 0 || connection.isReadEnded;
    const isOver = connection.state === 'CLOSED' || connection.state === 'TIME_WAIT';
    return (
      (isReadable ? SYMBOLS['POLLIN'] | SYMBOLS['POLLRDNORM'] : 0) |
      (this.isConnected && connection.writableLength > 0 ? SYMBOLS['POLLOUT'] | SYMBOLS['POLLWRNORM'] : 0) |
      (this.pendingError !== undefined ? SYMBOLS['POLLERR'] : 0) |
      (isOver ? SYMBOLS['POLLHUP'] | SYMBOLS['POLLOUT'] : 0)
    );
  }

  bind({ address, port }: NamedAddress): Outcome {
    if (this.boundPort !== 0) return error('EINVAL');
    this.boundAddress = address === '0.0.0.0' ? undefined : address;
    this.boundPort = port ?? this.ends.localPort;
    return DONE;
  }

  listen(backlog: number): Outcome {
    return attempt(() => {
      const port = this.boundPort === 0 ? this.ends.localPort : this.boundPort;
      this.listener = this.stack.tcp.listen({ port, address: this.boundAddress, backlog: Math.max(1, backlog) });
    });
  }

  accept(): DrillSocket | Outcome {
    if (this.listener === undefined) return error('EINVAL');
    const connection = this.listener.accept();
    if (connection !== undefined) return new TcpDrillSocket(this.stack, this.ends, connection);
    return this.nonBlocking ? error('EAGAIN') : BLOCKS;
  }

  connect({ address, port }: NamedAddress): Outcome {
    if (this.connection === undefined) {
      const outcome = attempt(() => {
        this.watch(
          this.stack.tcp.connect({
            address: address ?? this.ends.remoteIp,
            port: port ?? this.ends.remotePort,
            localAddress: this.boundAddress,
            localPort: this.boundPort === 0 ? this.ends.localPort : this.boundPort,
          }),
        );
      });
      if (outcome.kind === 'error') return outcome;
      return this.nonBlocking ? error('EINPROGRESS') : BLOCKS;
    }
    if (this.pendingError !== undefined) return error(this.takeError());
    if (this.isConnected) return this.nonBlocking ? error('EISCONN') : DONE;
    return this.nonBlocking ? error('EALREADY') : BLOCKS;
  }

  send(payload: Uint8Array): Outcome {
    const { connection } = this;
    if (this.pendingError !== undefined) return error(this.takeError());
    if (connection === undefined) return error('ENOTCONN');
    const taken = connection.write(payload, this.written);
    if (taken < 0) return error('EPIPE');
    this.written += taken;
    if (this.written < payload.length && !this.nonBlocking) return BLOCKS;
    const total = this.written;
    this.written = 0;
    return total === 0 && payload.length > 0 ? error('EAGAIN') : value(total);
  }

  receive({ length, flags }: ReceiveRequest): Outcome {
    const { connection } = this;
    if (connection === undefined) return error('ENOTCONN');
    this.receivedFlags = 0;
    if ((flags & SYMBOLS['MSG_PEEK']) !== 0 && connection.readableLength > 0) {
      return value(Math.min(length, connection.readableLength));
    }
    const count = connection.read(new Uint8Array(length));
    if (count > 0) return value(count);
    if (this.pendingError !== undefined) return error(this.takeError());
    if (count === END_OF_STREAM) return value(0);
    return this.nonBlocking || (flags & SYMBOLS['MSG_DONTWAIT']) !== 0 ? error('EAGAIN') : BLOCKS;
  }

  shutdown(how: number): Outcome {
    if (this.connection === undefined) return error('ENOTCONN');
    if (how !== SYMBOLS['SHUT_RD']) this.connection.end();
    return DONE;
  }

  setOption(level: number, option: number, setting: number): Outcome {
    if (level === SYMBOLS['SOL_TCP']) return this.setTcpOption(option, setting);
    if (level !== SYMBOLS['SOL_SOCKET']) return error('ENOPROTOOPT');
    switch (option) {
      case SYMBOLS['SO_KEEPALIVE']:
        this.keepAlive.isOn = setting !== 0;
        this.applyKeepAlive();
        return DONE;
      case SYMBOLS['SO_LINGER']:
        this.lingersAbortively = setting === 0;
        return DONE;
      case SYMBOLS['SO_REUSEADDR']:
        return DONE; // ours needs none
      default:
        return error('ENOPROTOOPT');
    }
  }

  getOption(level: number, option: number): number | undefined {
    if (level === SYMBOLS['SOL_TCP'] && option === SYMBOLS['TCP_NODELAY']) return this.noDelay ? 1 : 0;
    if (level !== SYMBOLS['SOL_SOCKET']) return undefined;
    if (option === SYMBOLS['SO_KEEPALIVE']) return this.keepAlive.isOn ? 1 : 0;
    if (option !== SYMBOLS['SO_ERROR']) return undefined;
    return this.pendingError === undefined ? 0 : errnoOf(this.takeError());
  }

  close(): void {
    this.listener?.close();
    if (this.lingersAbortively) this.connection?.abort();
    else this.connection?.close();
  }

  private setTcpOption(option: number, setting: number): Outcome {
    switch (option) {
      case SYMBOLS['TCP_NODELAY']:
        this.noDelay = setting !== 0;
        if (this.connection !== undefined) this.connection.noDelay = this.noDelay;
        return DONE;
      case SYMBOLS['TCP_KEEPIDLE']:
        this.keepAlive.idleMs = setting * 1000;
        break;
      case SYMBOLS['TCP_KEEPINTVL']:
        this.keepAlive.intervalMs = setting * 1000;
        break;
      case SYMBOLS['TCP_KEEPCNT']:
        this.keepAlive.probes = setting;
        break;
      case SYMBOLS['TCP_USER_TIMEOUT']:
        if (this.connection === undefined) return error('ENOTCONN');
        this.connection.userTimeoutMs = setting;
        return DONE;
      default:
        return error('ENOPROTOOPT');
    }
    this.applyKeepAlive();
    return DONE;
  }

  private applyKeepAlive(): void {
    const { isOn, idleMs, intervalMs, probes } = this.keepAlive;
    if (this.isConnected) this.connection!.setKeepAlive(isOn ? idleMs : 0, intervalMs, probes);
  }

  private watch(connection: TcpConnection): void {
    this.connection = connection;
    connection.noDelay = this.noDelay;
    connection.onConnect = () => {
      this.isConnected = true;
      this.applyKeepAlive();
    };
    connection.onClose = (code) => {
      if (code !== 'ECONNABORTED') this.pendingError = code;
    };
  }

  private takeError(): string {
    const code = this.pendingError!;
    this.pendingError = undefined;
    return code;
  }
}

function attempt(work: () => void): Outcome {
  try {
    work();
    return DONE;
  } catch (failure) {
    if (failure instanceof SocketError) return error(failure.code);
    throw failure;
  }
}
