import { mask } from '../wire/ipv4-address.js';
import type { Ipv4Interface } from './ipv4-interface.js';

/** Where datagrams for a prefix go. */
export interface Route {
  /** Network address, host bits 0, signed 32 bits. */
  readonly prefix: number;
  readonly prefixLength: number;
  /** The router to hand them to; 0: the destinations are on the link themselves. */
  readonly gateway: number;
  readonly iface: Ipv4Interface;
}

/** The routes: longest prefix first, at most one map look-up for each prefix length in use. */
export class RouteTable {
  /** Grows with every change of routes or addresses: a path made from an older one is worked out again. */
  generation = 1;
  /** Prefix lengths in use, longest first. */
  private lengths: number[] = [];
  private readonly byLength = new Map<number, Map<number, Route>>();

  /** Adds a route, in the place of one for the same prefix. */
  add(route: Route): void {
    let routes = this.byLength.get(route.prefixLength);
    if (routes === undefined) {
      routes = new Map();
      this.byLength.set(route.prefixLength, routes);
      this.lengths = [...this.byLength.keys()].sort((a, b) => b - a);
    }
    routes.set(route.prefix & mask(route.prefixLength), route);
    this.generation++;
  }

  /** Takes out every route over an interface. */
  removeInterface(iface: Ipv4Interface): void {
    for (const routes of this.byLength.values()) {
      for (const [prefix, route] of routes) if (route.iface === iface) routes.delete(prefix);
    }
    this.generation++;
  }

  /** The route with the longest prefix that holds `address`. */
  find(address: number): Route | undefined {
    for (const prefixLength of this.lengths) {
      const route = this.byLength.get(prefixLength)!.get(address & mask(prefixLength));
      if (route !== undefined) return route;
    }
    return undefined;
  }

  /** All routes, longest prefix first. */
  list(): Route[] {
    return this.lengths.flatMap((prefixLength) => [...this.byLength.get(prefixLength)!.values()]);
  }
}
