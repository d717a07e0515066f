import type { Clock, Scheduler } from '@lunetta/core';

interface Neighbour {
  /** Six bytes; undefined until it has answered. */
  mac: Uint8Array | undefined;
  /** Until when it is known. */
  untilUs: number;
  requests: number;
  /** Datagrams that wait for its answer. */
  waiting: Uint8Array[];
}

const REQUEST_INTERVAL_US = 1_000_000;
const REQUESTS = 3;
const KNOWN_US = 60e6;
const NEIGHBOURS_LIMIT = 4096;
const WAITING_LIMIT = 16;

/** What {@link Neighbours} needs of its interface. */
export interface NeighbourPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Asks for an address. */
  readonly request: (address: number) => void;
  readonly send: (datagram: Uint8Array, mac: Uint8Array) => void;
  /** The next hop of a datagram does not answer. */
  readonly unreachable: (datagram: Uint8Array) => void;
  /** A datagram is lost because too many wait. */
  readonly full: () => void;
}

/** The neighbours of one interface of a router: asked for three times, a second apart, and known for a minute. */
export class Neighbours {
  private readonly byAddress = new Map<number, Neighbour>();

  constructor(private readonly ports: NeighbourPorts) {}

  /** Datagrams that wait for an answer. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.byAddress.values()) count += waiting.length;
    return count;
  }

  /** Sends a datagram to a neighbour, once that is known. */
  deliver(address: number, datagram: Uint8Array): void {
    const neighbour = this.find(address) ?? this.add(address);
    if (neighbour === undefined) return this.ports.full();
    if (neighbour.mac !== undefined) return this.ports.send(datagram, neighbour.mac);
    if (neighbour.waiting.length === WAITING_LIMIT) return this.ports.full();
    neighbour.waiting.push(datagram);
    if (neighbour.requests === 0) this.ask(address, neighbour);
  }

  /**
   * A station has told its address.
   *
   * @param isToUs it speaks to us: then it is remembered even if nobody has asked for it (RFC 826)
   */
  learn(address: number, mac: Uint8Array, isToUs: boolean): void {
    const neighbour = this.find(address) ?? (isToUs ? this.add(address) : undefined);
    if (neighbour === undefined) return;
    neighbour.mac = mac;
    neighbour.untilUs = this.ports.clock.nowUs() + KNOWN_US;
    neighbour.requests = 0;
    for (const datagram of neighbour.waiting.splice(0)) this.ports.send(datagram, mac);
  }

  private find(address: number): Neighbour | undefined {
    const neighbour = this.byAddress.get(address);
    if (neighbour === undefined || neighbour.untilUs > this.ports.clock.nowUs()) return neighbour;
    this.byAddress.delete(address);
    return undefined;
  }

  private add(address: number): Neighbour | undefined {
    if (this.byAddress.size >= NEIGHBOURS_LIMIT) for (const known of [...this.byAddress.keys()]) this.find(known);
    if (this.byAddress.size >= NEIGHBOURS_LIMIT) return undefined;
    const neighbour = { mac: undefined, untilUs: Infinity, requests: 0, waiting: [] };
    this.byAddress.set(address, neighbour);
    return neighbour;
  }

  private ask(address: number, neighbour: Neighbour): void {
    neighbour.requests++;
    this.ports.request(address);
    this.ports.scheduler.after(REQUEST_INTERVAL_US, () => {
      if (neighbour.mac !== undefined) return;
      if (neighbour.requests < REQUESTS) return this.ask(address, neighbour);
      this.byAddress.delete(address);
      for (const datagram of neighbour.waiting) this.ports.unreachable(datagram);
    });
  }
}
