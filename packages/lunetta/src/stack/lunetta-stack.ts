import { EventEmitter } from 'node:events';
import {
  LunettaError,
  type AddressConflict,
  type GroupInfo,
  type LinkEvent,
  type NetworkInterface,
  type PingOptions,
  type PingResult,
  type Stack,
  type StackCounters,
  type VlanOptions,
} from '@lunetta/core';
import type { NodeScheduler } from '../node/node-scheduler.js';

/** The events of a {@link LunettaStack} and what their listeners are given. */
export interface StackEvents {
  /** An interface's link went up, down or away (`gone`: for good), or changed its MTU. */
  link: [iface: NetworkInterface, event: LinkEvent];
  /** An address that was probed before its use (`probe` of the interface) is used from now on. */
  usable: [iface: NetworkInterface, address: string];
  /** Another station uses one of our addresses; at most once in 10 seconds for each address. */
  conflict: [conflict: AddressConflict];
}

/** The largest data of an echo request: an IPv4 datagram less its header and ICMP's. */
const LARGEST_PING = 65_535 - 20 - 8;

/**
 * A running stack with its interfaces, as {@link createStack} makes it. Open sockets and waiting pings keep the
 * process alive; a stack without any does not.
 */
export class LunettaStack extends EventEmitter<StackEvents> {
  private closing: Promise<void> | undefined = undefined;

  /** @internal Through {@link createStack}. */
  constructor(
    private readonly stack: Stack,
    private readonly scheduler: NodeScheduler,
  ) {
    super();
    stack.onLinkEvent = (iface, event) => this.emit('link', iface, event);
    stack.onAddressUsable = (iface, address) => this.emit('usable', iface, address);
    stack.onAddressConflict = (conflict) => this.emit('conflict', conflict);
  }

  /** UDP: `stack.udp.open()` makes a socket. */
  get udp(): Stack['udp'] {
    return this.stack.udp;
  }

  /** TCP: `stack.tcp.connect(...)` opens a connection, `stack.tcp.listen(...)` takes them. */
  get tcp(): Stack['tcp'] {
    return this.stack.tcp;
  }

  /** The routes; `stack.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.254' })`. */
  get routes(): Stack['routes'] {
    return this.stack.routes;
  }

  /** The packet filter; `stack.filter.add('input', (datagram) => Verdict.DROP)`. */
  get filter(): Stack['filter'] {
    return this.stack.filter;
  }

  /** The neighbours of all links: `stack.neighbours.list()`, static entries, proxy ARP. */
  get neighbours(): Stack['neighbours'] {
    return this.stack.neighbours;
  }

  /** Whether datagrams for others are passed on, as a router does; may be changed at any time. */
  get forwarding(): boolean {
    return this.stack.forwarding;
  }

  set forwarding(isEnabled: boolean) {
    this.stack.forwarding = isEnabled;
  }

  /** Raw sockets: IP protocols by number, frames by ethertype. */
  get raw(): Stack['raw'] {
    return this.stack.raw;
  }

  /** Puts an interface in a VLAN on another (IEEE 802.1Q). @throws LunettaError `LUNETTA_ERR_CONFIG` */
  addVlan(parent: NetworkInterface, options: VlanOptions): NetworkInterface {
    return this.stack.addVlan(parent, options);
  }

  /** The interfaces, in the order of the configuration. */
  get interfaces(): readonly NetworkInterface[] {
    return this.stack.interfaces;
  }

  /** Everything counted so far. */
  counters(): StackCounters {
    return this.stack.counters();
  }

  /**
   * Sends an ICMP echo request and waits for what becomes of it: the reply, or the code of why there is none
   * (`ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH`, `EINVAL` for what is no address, ...).
   *
   * @throws LunettaError (rejects) `LUNETTA_ERR_MISUSE` for options out of range, `LUNETTA_ERR_CLOSED`
   */
  async ping(address: string, options: PingOptions = {}): Promise<PingResult> {
    checkPing(options);
    this.scheduler.hold();
    try {
      return await new Promise<PingResult>((resolve) => {
        const error = this.stack.ping(address, options, resolve);
        if (error !== undefined) resolve({ error });
      });
    } finally {
      this.scheduler.release();
    }
  }

  /**
   * Joins a multicast group (`224.0.0.0` to `239.255.255.255`) on an interface for raw sockets, as often as it is left; a
   * UDP socket joins by itself (`socket.joinGroup`).
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE`
   */
  joinGroup(iface: NetworkInterface, group: string): void {
    this.stack.joinGroup(iface, group);
  }

  /** The multicast groups joined on each interface, and what is wanted of them. */
  groups(): GroupInfo[] {
    return this.stack.groups();
  }

  /** Takes back one {@link joinGroup}. @throws LunettaError `LUNETTA_ERR_MISUSE` */
  leaveGroup(iface: NetworkInterface, group: string): void {
    this.stack.leaveGroup(iface, group);
  }

  /**
   * Closes the sockets, sends what is queued, gives every buffer back and closes the devices. Every call gets the same
   * promise, which resolves when all is done.
   */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    this.scheduler.hold();
    try {
      await this.stack.close();
    } finally {
      this.scheduler.release();
    }
  }
}

function checkPing({ size = 0, timeoutMs = 1, ttl = 1 }: PingOptions): void {
  checkRange('size', size, 0, LARGEST_PING);
  checkRange('ttl', ttl, 1, 255);
  if (!(timeoutMs > 0 && timeoutMs < Infinity)) {
    throw new LunettaError('LUNETTA_ERR_MISUSE', `ping: timeoutMs is ${timeoutMs}; it must be more than 0`);
  }
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new LunettaError(
    'LUNETTA_ERR_MISUSE',
    `ping: ${name} is ${value}; it must be a whole number, ${least} to ${most}`,
  );
}
