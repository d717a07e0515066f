import type { SocketErrorCode } from '../errors/socket-error.js';
import type { GroupPort } from '../network/group-port.js';
import type { Path } from '../network/path.js';
import type { BoundSocket } from './bound-socket.js';

/** UDP, as its sockets see it. */
export interface UdpPort {
  /** Who takes in what sockets join. */
  readonly groups: GroupPort;
  /** Binds to `port`, or to a free one if it is 0. @throws SocketError `EADDRINUSE` */
  bind(socket: BoundSocket, port: number): void;
  /** Connects along `path`. @throws SocketError `EACCES`, `EADDRINUSE` */
  connect(socket: BoundSocket, path: Path, port: number): void;
  /** Takes back `connect`. */
  disconnect(socket: BoundSocket): void;
  /** Forgets the socket. */
  forget(socket: BoundSocket): void;
  /** Sends a copy of `payload` along `path`. */
  send(socket: BoundSocket, path: Path, dstPort: number, payload: Uint8Array): SocketErrorCode | undefined;
  /** See `NetworkLayer.findPath`. */
  findPath(path: Path, remote: string, local: string | undefined): SocketErrorCode | undefined;
  /** The path MTU along `path`, IP header included; 0 if there is no way any more. */
  pathMtu(path: Path): number;
  /** See `NetworkLayer.isBindable`. */
  isBindable(address: string): boolean;
  /** See `NetworkLayer.isOwn`. */
  isOwn(address: string): boolean;
  /** Calls the application; what it throws goes to the host, not into the packet path. */
  guard(callback: () => void): void;
}
