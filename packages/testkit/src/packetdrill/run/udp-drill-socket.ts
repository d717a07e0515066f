import { SocketError, type ReceivedDatagram, type Stack, type UdpSocket } from '@lunetta/core';
import type { DrillSocket, NamedAddress, Outcome, ReceiveRequest } from './drill-socket.js';
import { errnoOf } from './errno.js';
import { SYMBOLS } from './symbols.js';

const DONE: Outcome = { kind: 'value', value: 0 };
const error = (code: string): Outcome => ({ kind: 'error', code });

/** Where `...` of a call leads. */
export interface DefaultEnds {
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
}

/** A UDP socket of our stack with the calls of a UNIX one. */
export class UdpDrillSocket implements DrillSocket {
  nonBlocking = false;
  receivedFlags = 0;
  private readonly socket: UdpSocket;
  private peeked: ReceivedDatagram | undefined = undefined;
  private pendingError: string | undefined = undefined;
  private reusePort = false;

  constructor(
    stack: Stack,
    private readonly ends: DefaultEnds,
  ) {
    this.socket = stack.udp.open();
    // A UNIX socket tells an error once, by its next call, if it is connected.
    this.socket.onError = ({ code }) => {
      if (this.socket.remotePort !== 0) this.pendingError = code;
    };
  }

  get localPort(): number {
    return this.socket.localPort;
  }

  get readiness(): number {
    const readable = this.peek() !== undefined ? SYMBOLS['POLLIN'] | SYMBOLS['POLLRDNORM'] : 0;
    const failed = this.pendingError !== undefined ? SYMBOLS['POLLERR'] : 0;
    return readable | failed | SYMBOLS['POLLOUT'] | SYMBOLS['POLLWRNORM'];
  }

  bind({ address, port }: NamedAddress): Outcome {
    const options = { port: port ?? this.ends.localPort, reusePort: this.reusePort };
    return attempt(() =>
      this.socket.bind(address === undefined || address === '0.0.0.0' ? options : { ...options, address }),
    );
  }

  connect({ address, port }: NamedAddress): Outcome {
    if (this.socket.remotePort !== 0) this.socket.disconnect();
    return attempt(() => this.socket.connect(address ?? this.ends.remoteIp, port ?? this.ends.remotePort));
  }

  send(payload: Uint8Array, to: NamedAddress | undefined): Outcome {
    if (this.pendingError !== undefined) return error(this.takeError());
    const { socket, ends } = this;
    const isNamed = to !== undefined && (to.address !== undefined || socket.remotePort === 0);
    const refused = isNamed
      ? socket.send(payload, to.address ?? ends.remoteIp, to.port ?? ends.remotePort)
      : socket.send(payload);
    return refused === undefined ? { kind: 'value', value: payload.length } : error(refused);
  }

  receive({ length, flags }: ReceiveRequest): Outcome {
    if (this.pendingError !== undefined) return error(this.takeError());
    const datagram = this.peek();
    if (datagram === undefined) {
      const waits = !this.nonBlocking && (flags & SYMBOLS['MSG_DONTWAIT']) === 0;
      return waits ? { kind: 'blocks' } : error('EAGAIN');
    }
    if ((flags & SYMBOLS['MSG_PEEK']) === 0) this.peeked = undefined;
    const isCut = datagram.bytes.length > length;
    this.receivedFlags = isCut ? SYMBOLS['MSG_TRUNC'] : 0;
    const wantsLength = (flags & SYMBOLS['MSG_TRUNC']) !== 0;
    return { kind: 'value', value: isCut && !wantsLength ? length : datagram.bytes.length };
  }

  setOption(level: number, option: number, value: number): Outcome {
    if (level === SYMBOLS['SOL_IP']) return this.setIpOption(option, value);
    if (level !== SYMBOLS['SOL_SOCKET']) return error('ENOPROTOOPT');
    switch (option) {
      case SYMBOLS['SO_BROADCAST']:
        this.socket.broadcast = value !== 0;
        return DONE;
      case SYMBOLS['SO_REUSEPORT']:
        this.reusePort = value !== 0;
        return DONE;
      case SYMBOLS['SO_RCVBUF']:
        this.socket.receiveBufferSize = value;
        return DONE;
      case SYMBOLS['SO_REUSEADDR']:
        return DONE; // of UDP without multicast it changes nothing
      default:
        return error('ENOPROTOOPT');
    }
  }

  getOption(level: number, option: number): number | undefined {
    if (level === SYMBOLS['SOL_IP'] && option === SYMBOLS['IP_TTL']) return this.socket.ttl;
    if (level === SYMBOLS['SOL_IP'] && option === SYMBOLS['IP_TOS']) return this.socket.tos;
    if (level === SYMBOLS['SOL_IP'] && option === SYMBOLS['IP_MULTICAST_TTL']) return this.socket.multicastTtl;
    if (level === SYMBOLS['SOL_IP'] && option === SYMBOLS['IP_MTU_DISCOVER']) {
      return SYMBOLS[this.socket.dontFragment ? 'IP_PMTUDISC_DO' : 'IP_PMTUDISC_DONT'];
    }
    if (level !== SYMBOLS['SOL_SOCKET']) return undefined;
    if (option === SYMBOLS['SO_BROADCAST']) return this.socket.broadcast ? 1 : 0;
    if (option === SYMBOLS['SO_RCVBUF']) return this.socket.receiveBufferSize;
    if (option === SYMBOLS['SO_REUSEPORT']) return this.reusePort ? 1 : 0;
    if (option !== SYMBOLS['SO_ERROR']) return undefined;
    return this.pendingError === undefined ? 0 : errnoOf(this.takeError());
  }

  listen(): Outcome {
    return error('EOPNOTSUPP');
  }

  accept(): Outcome {
    return error('EOPNOTSUPP');
  }

  shutdown(): Outcome {
    return error('EOPNOTSUPP');
  }

  close(): void {
    this.socket.close();
  }

  private setIpOption(option: number, value: number): Outcome {
    return attempt(() => {
      if (option === SYMBOLS['IP_TTL']) this.socket.ttl = value;
      else if (option === SYMBOLS['IP_TOS']) this.socket.tos = value;
      else if (option === SYMBOLS['IP_MULTICAST_TTL']) this.socket.multicastTtl = value;
      else if (option === SYMBOLS['IP_MTU_DISCOVER']) this.socket.dontFragment = value === SYMBOLS['IP_PMTUDISC_DO'];
      else throw new SocketError('EINVAL', 'setsockopt', 'no such option');
    });
  }

  private peek(): ReceivedDatagram | undefined {
    this.peeked ??= this.socket.receive();
    return this.peeked;
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
