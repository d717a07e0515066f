import type { SocketErrorCode } from '../errors/socket-error.js';
import { Path } from '../network/path.js';
import type { UdpPort } from './udp-port.js';

/** Destinations that a socket remembers the way to. */
const MAX_PATHS = 256;

/** The ways to the addresses that an unconnected socket has sent to lately, by their text and the source's. */
export class SendPaths {
  private readonly paths = new Map<string, Path>();
  private chosenInterface = -1;

  constructor(private readonly udp: UdpPort) {}

  /** Number of the interface to multicast groups; -1: the one that suits. */
  get groupInterface(): number {
    return this.chosenInterface;
  }

  set groupInterface(index: number) {
    this.chosenInterface = index;
    this.paths.clear();
  }

  /** The way to `remote`, from `local` if that is given; or why there is none. */
  find(remote: string, local: string | undefined): Path | SocketErrorCode {
    const key = local === undefined ? remote : `${local}>${remote}`;
    const known = this.paths.get(key);
    if (known !== undefined) return known;
    const path = new Path();
    path.groupInterface = this.chosenInterface;
    const error = this.udp.findPath(path, remote, local);
    if (error !== undefined) return error;
    if (this.paths.size >= MAX_PATHS) this.paths.clear(); // the next ones are worked out again
    this.paths.set(key, path);
    return path;
  }
}
