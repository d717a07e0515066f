import type { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import { Slots } from './listen/slots.js';

/** A path, and how many connections have it. */
interface SharedPath {
  readonly path: Path;
  users: number;
}

/** The ways to peers: connections between the same two addresses have the same one. */
export class SharedPaths {
  private readonly slots: Slots<SharedPath>;

  constructor(random: Random) {
    this.slots = new Slots(random);
  }

  /** The path that connections with these ends have; `path` itself, which is nobody else's, if there is none yet. */
  take(path: Path): Path {
    const { remote, local } = path;
    const shared = this.slots.get(remote, 0, local);
    if (shared !== undefined) {
      shared.users++;
      return shared.path;
    }
    this.slots.add(remote, 0, local, { path, users: 1 });
    return path;
  }

  /** A connection has it no more. */
  give({ remote, local }: Path): void {
    const shared = this.slots.get(remote, 0, local)!;
    if (--shared.users === 0) this.slots.delete(remote, 0, local);
  }
}
