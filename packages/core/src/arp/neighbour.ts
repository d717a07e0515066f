import { NextHop, Reachability } from '../network/next-hop.js';
import { Timer } from '../time/timer.js';

/** A frame that waits for its neighbour's address. */
export interface PendingFrame {
  readonly neighbour: Neighbour;
  readonly handle: number;
  /** The IP datagram is `[at, end)`. */
  readonly at: number;
  readonly end: number;
  /** What the device is asked to do with it: as in `Packet`. */
  readonly flags: number;
  readonly mss: number;
  readonly transportAt: number;
  readonly transportHeaderLength: number;
}

/** A neighbour on the link: what ARP knows of it and what it has asked. */
export class Neighbour extends NextHop {
  /** Requests sent since the last answer; 0 while nothing is asked. */
  requests = 0;
  /** Entered by hand: it stays as it is. */
  isStatic = false;
  /** When the last request went out; none does within a second of it. */
  lastRequestUs = -Infinity;
  /** Frames that wait for the answer, oldest first. */
  readonly pending: PendingFrame[] = [];
  /** While asking: the next request. Else: the end of the present state. */
  readonly timer: Timer;

  /** @param expire called when `timer` is due */
  constructor(
    readonly slot: number,
    expire: (neighbour: Neighbour) => void,
  ) {
    super();
    this.timer = new Timer(() => expire(this));
  }

  /** True while requests are under way. */
  get isAsked(): boolean {
    return this.requests > 0;
  }

  /** Makes it the entry of another address, of which nothing is known. */
  reset(address: number): void {
    this.address = address;
    this.reachability = Reachability.UNRESOLVED;
    this.macHi = 0;
    this.macLo = 0;
    this.requests = 0;
    this.isStatic = false;
    this.lastRequestUs = -Infinity;
  }
}
