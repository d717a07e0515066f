import { LunettaError } from '../errors/lunetta-error.js';
import type { InterfaceTable } from '../ipv4/interface-table.js';
import type { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import type { RouteTable } from '../ipv4/routes/route-table.js';
import { metricOf, type Route } from '../ipv4/routes/route.js';
import { format, isHost, isMulticast, mask, parse, parseCidr } from '../wire/ipv4-address.js';

/** A route in words; the same destination over the same interface with the same metric is the same route. */
export interface RouteOptions {
  /** The destinations, as `10.1.0.0/16`; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  /** The router, on a network of ours; not given: the destinations are on the link themselves. */
  readonly gateway?: string | undefined;
  /** Name of the interface to leave by; not given: the one on whose network the gateway is. */
  readonly interface?: string | undefined;
  /** Of several routes to one destination the one with the least metric is taken whose link is up. Default 0. */
  readonly metric?: number | undefined;
  /** The source of what we send there, one of our addresses; not given: the interface's that suits. */
  readonly source?: string | undefined;
}

/** A route that there is. */
export interface RouteInfo {
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly interface: string;
  readonly metric: number;
  readonly source: string | undefined;
  /** It stands for a network of our own. */
  readonly isConnected: boolean;
}

/** The routes of a stack, in words. They may be changed at any time; what is sent from then on goes the new way. */
export class StaticRoutes {
  constructor(
    private readonly table: RouteTable,
    private readonly interfaces: InterfaceTable,
    private readonly maxRoutes: number,
  ) {}

  /**
   * Adds a route, in the place of the same one.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` with what is wrong; also if there are as many as the limit allows
   */
  add(options: RouteOptions): void {
    const route = this.read(options);
    if (this.table.size >= this.maxRoutes) {
      throw wrong(options, `there are ${this.table.size} routes; the setting is ipv4.maxRoutes`);
    }
    this.table.add(route);
  }

  /** Takes a route out; false if there is none such. @throws LunettaError `LUNETTA_ERR_MISUSE` */
  remove(options: RouteOptions): boolean {
    return this.table.remove(this.read(options));
  }

  /** All routes, longest prefix first. */
  list(): RouteInfo[] {
    return this.table.list().map((route) => ({
      destination: `${format(route.prefix & mask(route.prefixLength))}/${route.prefixLength}`,
      gateway: route.gateway === 0 ? undefined : format(route.gateway),
      interface: route.iface.name,
      metric: metricOf(route),
      source: route.source === undefined ? undefined : format(route.source),
      isConnected: route.isConnected ?? false,
    }));
  }

  private read(options: RouteOptions): Route {
    const { metric = 0 } = options;
    const destination = parseCidr(options.destination);
    if (destination === undefined) throw wrong(options, 'the destination is no prefix like 10.1.0.0/16');
    if (!Number.isInteger(metric) || metric < 0) throw wrong(options, `the metric ${metric} is no whole number from 0`);
    const gateway = options.gateway === undefined ? 0 : this.gatewayOf(options, options.gateway);
    const iface = this.interfaceOf(options, gateway);
    const source = options.source === undefined ? undefined : this.sourceOf(options, options.source);
    const { address: prefix, prefixLength } = destination;
    return { prefix, prefixLength, gateway, iface, metric, ...(source === undefined ? {} : { source }) };
  }

  private gatewayOf(options: RouteOptions, text: string): number {
    const gateway = parse(text);
    if (gateway === undefined || !isHost(gateway) || isMulticast(gateway)) {
      throw wrong(options, `the gateway '${text}' is no host's address`);
    }
    if (this.interfaces.isOwn(gateway)) throw wrong(options, `the gateway ${text} is our own address`);
    return gateway;
  }

  private sourceOf(options: RouteOptions, text: string): number {
    const source = parse(text);
    if (source !== undefined && this.interfaces.ownerOf(source) !== undefined) return source;
    throw wrong(options, `the source '${text}' is no address of ours`);
  }

  private interfaceOf(options: RouteOptions, gateway: number): Ipv4Interface {
    const { all } = this.interfaces;
    if (options.interface !== undefined) {
      const named = all.find(({ name }) => name === options.interface);
      if (named === undefined) throw wrong(options, `there is no interface '${options.interface}'`);
      if (gateway !== 0 && !named.isOnSameNetwork(gateway, gateway)) {
        throw wrong(options, `the gateway is on no network of '${named.name}'`);
      }
      return named;
    }
    if (gateway === 0) throw wrong(options, 'name the interface or the gateway');
    const found = all.find((iface) => iface.isOnSameNetwork(gateway, gateway));
    if (found === undefined) throw wrong(options, 'the gateway is on no network of ours');
    return found;
  }
}

function wrong({ destination, gateway }: RouteOptions, what: string): LunettaError {
  const route = gateway === undefined ? destination : `${destination} via ${gateway}`;
  return new LunettaError('LUNETTA_ERR_MISUSE', `route ${route}: ${what}`);
}
