import { checksum, type Clock, ethernet, icmpv4, ipv4, ipv4Address, LunettaError, type Scheduler } from '@lunetta/core';
import type { Jack, LanDevice } from '../jack.js';
import { fragment } from './fragments.js';
import { echoReply, icmpError } from './icmp-errors.js';
import { RouterInterface } from './router-interface.js';

/** How one interface of a router is set up. */
export interface RouterInterfaceOptions {
  /** As `10.0.0.1/24`. */
  readonly address: string;
  /** As `02:00:00:00:00:01`; the LAN counts them up if not given. */
  readonly mac?: string | undefined;
  /** Longest datagram that it sends, in bytes, at least 68. 1500 if not given. */
  readonly mtu?: number | undefined;
}

/** How a router is set up. */
export interface RouterOptions {
  /** Routers beyond its own networks: by prefix, such as `0.0.0.0/0`, their addresses. */
  readonly routes?: Readonly<Record<string, string>> | undefined;
}

/** What a {@link Router} needs of the LAN. */
export interface RouterSurroundings {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly nextMac: () => string;
}

interface Route {
  readonly prefix: number;
  readonly prefixLength: number;
  /** 0: the destinations are on the link. */
  readonly gateway: number;
  readonly iface: RouterInterface;
}

/** What became of the frames that came to a router: the sum of the first seven after `received` is that. */
export interface RouterCounts {
  received: number;
  /** Handed to the interface of the next hop. */
  forwarded: number;
  /** ARP, and datagrams to the router itself. */
  consumed: number;
  /** Not for its MAC address, to a group, or of another protocol. */
  ignored: number;
  /** No IPv4 header, a wrong length or a wrong checksum. */
  malformed: number;
  ttlExceeded: number;
  noRoute: number;
  /** Too long for the way on, and not to be cut. */
  fragmentationNeeded: number;
  /** Of what was forwarded or sent by itself: the next hop does not answer. */
  unreachable: number;
  /** Of what was forwarded or sent by itself: too many wait for next hops. */
  waitingFull: number;
}

const MTU = 1500;

/**
 * A router (RFC 1812) that is none of our code under test: it shares no line with core's forwarding, nothing of it is
 * fast, and it does what a stack must see of a router: ARP on every interface, TTL, fragments, path MTU, ICMP errors.
 */
export class Router implements LanDevice {
  readonly counts: RouterCounts = {
    ...{ received: 0, forwarded: 0, consumed: 0, ignored: 0, malformed: 0, ttlExceeded: 0, noRoute: 0 },
    ...{ fragmentationNeeded: 0, unreachable: 0, waitingFull: 0 },
  };
  private readonly interfaces = new Map<string, RouterInterface>();
  /** The longest prefixes first. */
  private readonly routes: Route[] = [];

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  constructor(
    readonly name: string,
    interfaces: Readonly<Record<string, string | RouterInterfaceOptions>>,
    { routes = {} }: RouterOptions,
    surroundings: RouterSurroundings,
  ) {
    for (const [ifaceName, given] of Object.entries(interfaces)) {
      this.addInterface(ifaceName, typeof given === 'string' ? { address: given } : given, surroundings);
    }
    for (const [prefix, gateway] of Object.entries(routes)) this.addRoute(prefix, gateway);
  }

  /**
   * The jack of an interface.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if there is no such interface
   */
  jack(ifaceName: string): Jack {
    const iface = this.interfaces.get(ifaceName);
    if (iface !== undefined) return iface.jack;
    const names = [...this.interfaces.keys()].join(', ');
    throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.name} has no interface '${ifaceName}'; it has ${names}`);
  }

  freeJack(): Jack {
    for (const { jack } of this.interfaces.values()) if (!jack.isPlugged) return jack;
    throw new LunettaError(
      'LUNETTA_ERR_MISUSE',
      `every interface of ${this.name} has a cable; give it more interfaces`,
    );
  }

  /** What is wrong with its accounts. */
  faults(): string[] {
    const { received, forwarded, consumed, ignored, malformed, ttlExceeded, noRoute, fragmentationNeeded } =
      this.counts;
    const fates = forwarded + consumed + ignored + malformed + ttlExceeded + noRoute + fragmentationNeeded;
    const came = [...this.interfaces.values()].reduce((sum, { jack }) => sum + jack.received, 0);
    if (came === received && received === fates) return [];
    return [`${this.name}: ${came} frames came, received ${received}, but their fates add up to ${fates}`];
  }

  private addInterface(ifaceName: string, options: RouterInterfaceOptions, surroundings: RouterSurroundings): void {
    const cidr = ipv4Address.parseCidr(options.address);
    const { mtu = MTU, mac = surroundings.nextMac() } = options;
    if (cidr === undefined) throw this.wrong(`'${options.address}' is no address with prefix length like 10.0.0.1/24`);
    if (!(mtu >= ipv4.MIN_MTU)) throw this.wrong(`an MTU of ${mtu}; give ${ipv4.MIN_MTU} or more`);
    const iface = new RouterInterface(`${this.name}:${ifaceName}`, cidr, mac, mtu, {
      device: this,
      clock: surroundings.clock,
      scheduler: surroundings.scheduler,
      input: (frame, from) => this.input(frame, from),
      unreachable: (datagram) => this.nextHopIsSilent(datagram),
      full: () => this.counts.waitingFull++,
    });
    this.interfaces.set(ifaceName, iface);
    this.insertRoute({ prefix: cidr.address, prefixLength: cidr.prefixLength, gateway: 0, iface });
  }

  private addRoute(prefix: string, gateway: string): void {
    const cidr = ipv4Address.parseCidr(prefix);
    const next = ipv4Address.parse(gateway);
    const iface = [...this.interfaces.values()].find((each) => next !== undefined && each.isOnLink(next));
    if (cidr === undefined) throw this.wrong(`'${prefix}' is no prefix like 10.0.0.0/8`);
    if (next === undefined || iface === undefined) throw this.wrong(`the gateway ${gateway} is on no network of it`);
    this.insertRoute({ prefix: cidr.address, prefixLength: cidr.prefixLength, gateway: next, iface });
  }

  private insertRoute(route: Route): void {
    this.routes.push(route);
    this.routes.sort((a, b) => b.prefixLength - a.prefixLength);
  }

  private routeTo(address: number): Route | undefined {
    return this.routes.find(({ prefix, prefixLength }) => ((prefix ^ address) & ipv4Address.mask(prefixLength)) === 0);
  }

  private input(frame: Uint8Array, iface: RouterInterface): void {
    const { counts } = this;
    counts.received++;
    const isGroup = (frame[0] & 1) !== 0;
    if (frame.length < ethernet.HEADER_LENGTH || (!isGroup && !iface.isFor(frame))) {
      counts.ignored++;
      return;
    }
    const type = (frame[12] << 8) | frame[13];
    if (type === ethernet.ETHERTYPE_ARP) {
      counts.consumed++;
      iface.arpInput(frame);
    } else if (type === ethernet.ETHERTYPE_IPV4 && !isGroup) {
      this.ipv4Input(frame.slice(ethernet.HEADER_LENGTH));
    } else {
      counts.ignored++;
    }
  }

  private ipv4Input(packet: Uint8Array): void {
    const { counts } = this;
    const view = new DataView(packet.buffer);
    if (!isWellFormed(view)) {
      counts.malformed++;
      return;
    }
    const datagram = packet.subarray(0, ipv4.totalLength(view, 0));
    const to = ipv4.destination(view, 0);
    if ([...this.interfaces.values()].some(({ address }) => address === to)) {
      counts.consumed++;
      this.output(echoReply(datagram));
    } else if (ipv4.ttl(view, 0) <= 1) {
      counts.ttlExceeded++;
      this.complain(icmpv4.TYPE_TIME_EXCEEDED, icmpv4.CODE_TTL_EXCEEDED, 0, datagram);
    } else {
      this.forward(datagram, view, this.routeTo(to));
    }
  }

  private forward(datagram: Uint8Array, view: DataView, route: Route | undefined): void {
    const { counts } = this;
    if (route === undefined) {
      counts.noRoute++;
      return this.complain(icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_NET_UNREACHABLE, 0, datagram);
    }
    const { mtu } = route.iface;
    if (datagram.length > mtu && (ipv4.fragmentWord(view, 0) & ipv4.DONT_FRAGMENT) !== 0) {
      counts.fragmentationNeeded++;
      // The MTU of the next hop: RFC 1191 section 4.
      return this.complain(icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_FRAGMENTATION_NEEDED, mtu, datagram);
    }
    counts.forwarded++;
    const word = view.getUint16(8);
    view.setUint16(8, word - 0x0100);
    view.setUint16(10, checksum.update(view.getUint16(10), word, word - 0x0100));
    this.handOn(datagram, route);
  }

  /** The next hop of a datagram is silent. */
  private nextHopIsSilent(datagram: Uint8Array): void {
    this.counts.unreachable++;
    this.complain(icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_HOST_UNREACHABLE, 0, datagram);
  }

  /** Tells the sender of a datagram what is wrong with it, as the station of the interface on the way to it. */
  private complain(type: number, code: number, rest: number, about: Uint8Array): void {
    const source = ipv4.source(new DataView(about.buffer, about.byteOffset, about.length), 0);
    const back = this.routeTo(source);
    if (back !== undefined) this.output(icmpError(type, code, rest, about, back.iface.address));
  }

  /** Sends a datagram of its own, if there is one and a route for it. */
  private output(datagram: Uint8Array | undefined): void {
    if (datagram === undefined) return;
    const route = this.routeTo(ipv4.destination(new DataView(datagram.buffer, datagram.byteOffset), 0));
    if (route !== undefined) this.handOn(datagram, route);
  }

  private handOn(datagram: Uint8Array, { iface, gateway }: Route): void {
    const nextHop = gateway || ipv4.destination(new DataView(datagram.buffer, datagram.byteOffset), 0);
    const fragments = datagram.length > iface.mtu ? fragment(datagram, iface.mtu) : [datagram];
    for (const each of fragments) iface.neighbours.deliver(nextHop, each);
  }

  private wrong(detail: string): LunettaError {
    return new LunettaError('LUNETTA_ERR_CONFIG', `${this.name}: ${detail}`);
  }
}

/** Whether a packet starts with a right IPv4 header, and is as long as that says. */
function isWellFormed(view: DataView): boolean {
  if (!ipv4.fits(0, view.byteLength) || ipv4.version(view, 0) !== 4) return false;
  const headerLength = ipv4.headerLength(view, 0);
  const totalLength = ipv4.totalLength(view, 0);
  if (headerLength < ipv4.MIN_HEADER_LENGTH || totalLength < headerLength || totalLength > view.byteLength)
    return false;
  return ipv4.isChecksumGood(view, 0, headerLength);
}
