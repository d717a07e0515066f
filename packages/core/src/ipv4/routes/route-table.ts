import { mask } from '../../wire/ipv4-address.js';
import type { Ipv4Interface } from '../ipv4-interface.js';
import { PrefixTrie } from './prefix-trie.js';
import { isSameRoute, metricOf, type Route } from './route.js';

/** The routes for one prefix. */
interface PrefixEntry {
  readonly prefix: number;
  readonly prefixLength: number;
  /** Its number in the trie. */
  readonly slot: number;
  /** Least metric first; of equal ones the older first. */
  readonly routes: Route[];
}

/**
 * The routes: longest prefix first, for one prefix the least metric whose link is up. A look-up takes the same time
 * whatever their number; they may change at any time.
 */
export class RouteTable {
  /** Grows with every change of routes, addresses or path MTUs: a path made from an older one is worked out again. */
  generation = 1;
  private readonly trie = new PrefixTrie();
  /** By prefix length, then by prefix. */
  private readonly byLength: (Map<number, PrefixEntry> | undefined)[] = [];
  /** The route in use of each prefix, by its number in the trie; 0 is nobody's. */
  private readonly inUse: (Route | undefined)[] = [undefined];
  private readonly unusedSlots: number[] = [];
  private count = 0;

  /** Number of routes. */
  get size(): number {
    return this.count;
  }

  /** Adds a route, in the place of one over the same interface with the same prefix and metric. */
  add(route: Route): void {
    const entry = this.entryOf(route.prefix, route.prefixLength) ?? this.newEntry(route);
    const { routes } = entry;
    const same = routes.findIndex((other) => isSameRoute(route, other));
    if (same >= 0) routes.splice(same, 1);
    else this.count++;
    const later = routes.findIndex((other) => metricOf(other) > metricOf(route));
    routes.splice(later < 0 ? routes.length : later, 0, route);
    this.choose(entry);
    this.generation++;
  }

  /** Takes out the route that stands for the same; false if there is none. */
  remove(route: Route): boolean {
    const entry = this.entryOf(route.prefix, route.prefixLength);
    const at = entry?.routes.findIndex((other) => isSameRoute(route, other)) ?? -1;
    if (entry === undefined || at < 0) return false;
    this.removeAt(entry, at);
    return true;
  }

  /** Takes out the routes over an interface for which `isGone` is true. */
  removeInterface(iface: Ipv4Interface, isGone: (route: Route) => boolean): void {
    for (const route of this.list()) if (route.iface === iface && isGone(route)) this.remove(route);
  }

  /** The link of an interface went up or down: where there is a choice, it is made again. */
  linkChanged(): void {
    for (const entry of this.entries()) if (entry.routes.length > 1) this.choose(entry);
    this.generation++;
  }

  /** The route with the longest prefix that holds `address`. */
  find(address: number): Route | undefined {
    return this.inUse[this.trie.find(address)];
  }

  /** As {@link find}, of the routes over one interface. Not for the fast path: a look-up for each prefix length. */
  findVia(address: number, iface: Ipv4Interface): Route | undefined {
    for (let length = 32; length >= 0; length--) {
      const route = this.entryOf(address, length)?.routes.find((candidate) => candidate.iface === iface);
      if (route !== undefined) return route;
    }
    return undefined;
  }

  /** As {@link find}, but the default route counts for nothing: groups go there only if somebody said so. */
  findSpecific(address: number): Route | undefined {
    const route = this.find(address);
    return route === undefined || route.prefixLength === 0 ? undefined : route;
  }

  /** All routes, longest prefix first. */
  list(): Route[] {
    return this.entries().flatMap(({ routes }) => routes);
  }

  private entries(): PrefixEntry[] {
    const longestFirst = [...this.byLength].reverse();
    return longestFirst.flatMap((entries) => (entries === undefined ? [] : [...entries.values()]));
  }

  private entryOf(prefix: number, prefixLength: number): PrefixEntry | undefined {
    return this.byLength[prefixLength]?.get(prefix & mask(prefixLength));
  }

  private newEntry({ prefix: address, prefixLength }: Route): PrefixEntry {
    const prefix = address & mask(prefixLength);
    const slot = this.unusedSlots.pop() ?? this.inUse.length;
    const entry = { prefix, prefixLength, slot, routes: [] };
    this.inUse[slot] = undefined;
    (this.byLength[prefixLength] ??= new Map<number, PrefixEntry>()).set(prefix, entry);
    this.trie.set(prefix, prefixLength, slot);
    return entry;
  }

  private removeAt(entry: PrefixEntry, at: number): void {
    const { prefix, prefixLength, slot, routes } = entry;
    routes.splice(at, 1);
    this.count--;
    this.generation++;
    if (routes.length > 0) return this.choose(entry);
    this.byLength[prefixLength]!.delete(prefix);
    this.trie.delete(prefix, prefixLength, (address, length) => this.entryOf(address, length)?.slot ?? 0);
    this.inUse[slot] = undefined;
    this.unusedSlots.push(slot);
  }

  private choose({ slot, routes }: PrefixEntry): void {
    this.inUse[slot] = routes.find(({ iface }) => iface.isUp) ?? routes[0];
  }
}
