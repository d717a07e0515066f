import type { BoundSocket } from './bound-socket.js';

const PAGE_BITS = 8;
const PAGE_SIZE = 1 << PAGE_BITS;

type Page = (PortEntry | undefined)[];

function newPage(): Page {
  return new Array<PortEntry | undefined>(PAGE_SIZE).fill(undefined);
}

/** The sockets bound to one address and port: one, or a group that shares it (`reusePort`). */
export type SocketGroup = BoundSocket[];

/** What is bound to one port. */
export class PortEntry {
  /** The one socket of the port, if there is but one and it takes all that comes: found without another look-up. */
  sole: BoundSocket | undefined = undefined;
  /** Bound to any address. */
  any: SocketGroup | undefined = undefined;
  /** Bound to one address (signed 32 bits). */
  byAddress: Map<number, SocketGroup> | undefined = undefined;
  /** How many of the sockets are connected: they stand in the table of connected sockets instead. */
  connected = 0;
  /** All sockets of the port, connected ones included. */
  readonly sockets = new Set<BoundSocket>();

  /** Brings {@link sole} up to date after a change. */
  update(): void {
    const isSole = this.sockets.size === 1 && this.connected === 0 && this.any !== undefined;
    this.sole = isSole ? this.any![0] : undefined;
  }
}

/** A dense table of the 65,536 ports, in pages made when they are needed: a look-up is two loads. */
export class PortTable {
  /** Stands for every page in which nothing was ever bound. */
  private readonly emptyPage = newPage();
  private readonly pages = new Array<Page>(PAGE_SIZE).fill(this.emptyPage);

  /** What is bound to `port`, 0..65535. */
  get(port: number): PortEntry | undefined {
    return this.pages[port >>> PAGE_BITS][port & (PAGE_SIZE - 1)];
  }

  /** The entry of `port`, made if there is none. */
  open(port: number): PortEntry {
    const number = port >>> PAGE_BITS;
    let page = this.pages[number];
    if (page === this.emptyPage) {
      page = newPage();
      this.pages[number] = page;
    }
    return (page[port & (PAGE_SIZE - 1)] ??= new PortEntry());
  }

  /** Forgets the entry of `port`. */
  delete(port: number): void {
    this.pages[port >>> PAGE_BITS][port & (PAGE_SIZE - 1)] = undefined;
  }
}
