import { SocketError } from '../errors/socket-error.js';
import { Cast } from '../link/packet.js';
import { ephemeralPort } from '../network/ephemeral-port.js';
import type { NetworkLayer } from '../network/network-layer.js';
import { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import type { Handshake } from './handshake.js';
import type { InitialNumbers } from './listen/initial-numbers.js';
import type { TcpConnection } from './tcp-connection.js';
import type { TcpLimits } from './tcp-limits.js';

/** What opening needs of all connections. */
export interface ActiveOpenPort {
  readonly nowUs: number;
  /** A connection in no table, without ports. */
  create(path: Path): TcpConnection;
  /** Puts it where segments find it. */
  add(connection: TcpConnection): void;
  /** True if there is a connection between these, in TIME-WAIT too. @param ports the remote one in the high half */
  isTaken(remote: number, ports: number, local: number): boolean;
}

/** Where a connection is to lead, and from where; ports 1..65535, the local one 0 for any. */
export interface Ends {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localPort: number;
  readonly tos: number;
  readonly ttl: number;
}

/** Connections that we open (RFC 9293 section 3.10.1). */
export class ActiveOpen {
  constructor(
    private readonly limits: TcpLimits,
    private readonly network: NetworkLayer,
    private readonly numbers: InitialNumbers,
    private readonly random: Random,
    private readonly handshake: Handshake,
    private readonly port: ActiveOpenPort,
  ) {}

  /** Sends the SYN. @throws SocketError as `Tcp.connect` says */
  open(ends: Ends, timeoutMs: number): TcpConnection {
    const path = new Path();
    const error = this.network.findPath(path, ends.address, ends.localAddress);
    if (error !== undefined) throw new SocketError(error, 'connect', `${ends.address}:${ends.port}`);
    // MUST-46, RFC 9293 section 3.9.2.3
    if (path.cast !== Cast.UNICAST)
      throw new SocketError('ENETUNREACH', 'connect', `${ends.address} is no single host`);
    path.boundLocal = path.local; // what comes back is looked for at this address
    const localPort = this.choosePort(path, ends);
    const connection = this.port.create(path);
    connection.remotePort = ends.port;
    connection.localPort = localPort;
    connection.typeOfService = ends.tos;
    connection.hopLimit = ends.ttl;
    const ports = (ends.port << 16) | localPort;
    connection.timestampOffset = this.numbers.timestampOffset(path.local, path.remote, ports);
    connection.sender.start(this.numbers.sequence(path.local, path.remote, ports, this.port.nowUs));
    this.port.add(connection);
    this.handshake.open(connection, timeoutMs * 1000);
    return connection;
  }

  private choosePort({ remote, local }: Path, { port, localPort }: Ends): number {
    const isFree = (candidate: number): boolean => !this.port.isTaken(remote, (port << 16) | candidate, local);
    if (localPort !== 0 && !isFree(localPort)) {
      throw new SocketError('EADDRINUSE', 'connect', `port ${localPort} has a connection to there already`);
    }
    const chosen = localPort !== 0 ? localPort : ephemeralPort(this.limits.ephemeralPorts, this.random, isFree);
    if (chosen === undefined) throw new SocketError('EADDRINUSE', 'connect', 'every ephemeral port is taken');
    return chosen;
  }
}
