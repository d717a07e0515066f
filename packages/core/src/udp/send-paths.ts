import type { SocketErrorCode } from '../errors/socket-error.js';
import { Path } from '../network/path.js';
import type { UdpPort } from './udp-port.js';

/** Destinations that a socket remembers the way to. */
const MAX_PATHS = 256;

/** The ways to the addresses that an unconnected socket has sent to lately, by their text. */
export class SendPaths {
  private readonly paths = new Map<string, Path>();

  constructor(private readonly udp: UdpPort) {}

  /** The way to `remote`, from `local` (always the same for one socket) if that is given; or why there is none. */
  find(remote: string, local: string | undefined): Path | SocketErrorCode {
    const known = this.paths.get(remote);
    if (known !== undefined) return known;
    const path = new Path();
    const error = this.udp.findPath(path, remote, local);
    if (error !== undefined) return error;
    if (this.paths.size >= MAX_PATHS) this.paths.clear(); // the next ones are worked out again
    this.paths.set(remote, path);
    return path;
  }
}
