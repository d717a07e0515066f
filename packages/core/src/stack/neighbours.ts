import type { Arp } from '../arp/arp.js';
import type { Neighbour } from '../arp/neighbour.js';
import { LunettaError } from '../errors/lunetta-error.js';
import type { LoopPort } from '../network/loop-port.js';
import { Reachability } from '../network/next-hop.js';
import { format, isHost, mask, parse, parseCidr } from '../wire/ipv4-address.js';
import { format as formatMac, hiOf, isGroup, isZero, loOf, parse as parseMac, toBytes } from '../wire/mac-address.js';
import type { NetworkInterface } from './network-interface.js';

/** How far a neighbour's address is known; `probe`: it is asked whether it is still there; `failed`: it did not answer. */
export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'probe' | 'failed' | 'static';

/** A neighbour on a link. */
export interface NeighbourInfo {
  /** Name of the interface. */
  readonly interface: string;
  readonly address: string;
  /** Undefined while it is not known. */
  readonly hardwareAddress: string | undefined;
  readonly state: NeighbourState;
  /** Frames that wait for it. */
  readonly waiting: number;
}

/** A neighbour by its addresses. */
export interface NeighbourOptions {
  /** Name of the interface; not given: the one that has a network with the address. */
  readonly interface?: string | undefined;
  readonly address: string;
}

/** The neighbours of all links: what ARP has learnt, what was entered by hand, and the addresses that we answer for. */
export class Neighbours {
  /**
   * @param interfaces those of the stack
   * @param loop what has waited for a neighbour that is entered leaves
   * @param maxProxies proxy entries on one interface
   */
  constructor(
    private readonly interfaces: () => readonly NetworkInterface[],
    private readonly loop: Pick<LoopPort, 'enter' | 'wake'>,
    private readonly maxProxies: number,
  ) {}

  /** All neighbours of all links, as they are known now. */
  list(): NeighbourInfo[] {
    return this.interfaces().flatMap(({ name, link: { arp } }) =>
      arp === undefined ? [] : Array.from(arp.resolver.neighbours, (neighbour) => infoOf(name, neighbour)),
    );
  }

  /**
   * Enters a neighbour by hand: it is neither asked for, nor aged, nor replaced by what others say.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE`
   */
  add(options: NeighbourOptions & { readonly hardwareAddress: string }): void {
    const { address, arp, name } = this.place(options);
    const bytes = parseMac(options.hardwareAddress);
    if (bytes === undefined || isGroup(hiOf(bytes)) || isZero(hiOf(bytes), loOf(bytes))) {
      throw wrong(options.address, `'${options.hardwareAddress}' is no MAC address that a station may have`);
    }
    this.loop.enter();
    if (!arp.resolver.enter(address, hiOf(bytes), loOf(bytes))) {
      throw wrong(options.address, `the table of '${name}' is full; the setting is arp.maxNeighbours`);
    }
    this.loop.wake();
  }

  /**
   * Forgets a neighbour, learnt or entered; frames that wait for it are dropped.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if there is none
   */
  remove(options: NeighbourOptions): void {
    const { address, arp, name } = this.place(options);
    if (!arp.resolver.forget(address)) throw wrong(options.address, `'${name}' knows no such neighbour`);
  }

  /**
   * Answers for addresses of others on a link (proxy ARP, RFC 1027), as a router does that hides a network behind it:
   * `addProxy('lan', '10.0.0.64/26')`. Not to stations that probe before they take such an address themselves.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE`
   */
  addProxy(interfaceName: string, prefix: string): void {
    const { proxies } = this.arpOf(interfaceName, prefix);
    const { address, prefixLength } = checkPrefix(prefix);
    if (proxies.size >= this.maxProxies) {
      throw wrong(prefix, `${this.maxProxies} proxy entries are there; the setting is arp.maxProxies`);
    }
    proxies.add(address, prefixLength);
  }

  /** Takes back {@link addProxy}. @throws LunettaError `LUNETTA_ERR_MISUSE` if there is none such */
  removeProxy(interfaceName: string, prefix: string): void {
    const { proxies } = this.arpOf(interfaceName, prefix);
    const { address, prefixLength } = checkPrefix(prefix);
    if (!proxies.remove(address, prefixLength)) throw wrong(prefix, `'${interfaceName}' does not answer for it`);
  }

  /** The prefixes that an interface answers for. @throws LunettaError `LUNETTA_ERR_MISUSE` */
  proxies(interfaceName: string): string[] {
    const { all } = this.arpOf(interfaceName, interfaceName).proxies;
    return all.map(({ prefix, prefixLength }) => `${format(prefix)}/${prefixLength}`);
  }

  private place(options: NeighbourOptions): { address: number; arp: Arp; name: string } {
    const address = parse(options.address);
    if (address === undefined || !isHost(address)) throw wrong(options.address, 'it is no address of a host');
    const name = options.interface ?? this.interfaceTo(address);
    if (name === undefined) throw wrong(options.address, 'it is on no network of ours; name the interface');
    return { address, arp: this.arpOf(name, options.address), name };
  }

  private interfaceTo(address: number): string | undefined {
    return this.interfaces().find(({ ipv4 }) => ipv4.isOnSameNetwork(address, address))?.name;
  }

  private arpOf(name: string, what: string): Arp {
    const arp = this.interfaces().find((iface) => iface.name === name)?.link.arp;
    if (arp === undefined) throw wrong(what, `there is no interface '${name}' with neighbours`);
    return arp;
  }
}

function infoOf(name: string, neighbour: Neighbour): NeighbourInfo {
  const { address, reachability, macHi, macLo, pending } = neighbour;
  const isKnown = reachability !== Reachability.UNRESOLVED;
  return {
    interface: name,
    address: format(address),
    hardwareAddress: isKnown ? formatMac(toBytes(macHi, macLo)) : undefined,
    state: stateOf(neighbour),
    waiting: pending.length,
  };
}

function stateOf({ isStatic, isAsked, reachability, lastRequestUs }: Neighbour): NeighbourState {
  if (isStatic) return 'static';
  switch (reachability) {
    case Reachability.REACHABLE:
      return 'reachable';
    case Reachability.STALE:
      return isAsked ? 'probe' : 'stale';
    case Reachability.UNRESOLVED:
      return isAsked || lastRequestUs === -Infinity ? 'incomplete' : 'failed';
  }
}

function checkPrefix(text: string): { address: number; prefixLength: number } {
  const prefix = parseCidr(text);
  if (prefix === undefined) throw wrong(text, 'it is no prefix like 10.0.0.64/26');
  if ((prefix.address & ~mask(prefix.prefixLength)) === 0) return prefix;
  throw wrong(text, 'bits are set behind the prefix');
}

function wrong(what: string, why: string): LunettaError {
  return new LunettaError('LUNETTA_ERR_MISUSE', `neighbour ${what}: ${why}`);
}
