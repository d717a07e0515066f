import type { Ipv4Interface } from '../ipv4-interface.js';

/** Where datagrams for a prefix go. Addresses are signed 32 bits. */
export interface Route {
  /** Network address; host bits count for nothing. */
  readonly prefix: number;
  readonly prefixLength: number;
  /** The router to hand them to; 0: the destinations are on the link themselves. */
  readonly gateway: number;
  readonly iface: Ipv4Interface;
  /** Of several routes for one prefix the one with the least metric is taken whose link is up; 0 if not given. */
  readonly metric?: number;
  /** The source of what we send there; 0 or not given: the address of the interface that suits. */
  readonly source?: number;
  /** It stands for a network of our own, and goes with the address. */
  readonly isConnected?: boolean;
}

/** True if it stands for the same: a newer one takes its place. */
export function isSameRoute(one: Route, other: Route): boolean {
  return metricOf(one) === metricOf(other) && one.iface === other.iface;
}

export function metricOf({ metric = 0 }: Route): number {
  return metric;
}
