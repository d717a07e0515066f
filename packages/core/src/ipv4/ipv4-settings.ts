/** How IPv4 treats routes, and what is not for us. */
export interface Ipv4Settings {
  /** Whether datagrams for others are passed on: the stack is a router (RFC 1812). */
  readonly forwarding: boolean;
  /**
   * Of a host with several interfaces (RFC 1122 section 3.3.4.2): `strong` receives by the interface that has the
   * address and sends by the one that has the source; `weak` by any. A router receives by any in any case.
   */
  readonly hostModel: 'strong' | 'weak';
  /** Whether a host follows the redirects of its routers (RFC 1122 section 3.2.2.2); one that forwards never does. */
  readonly acceptRedirects: boolean;
  /** Whether a router tells hosts of a better one on their own link (RFC 1812 section 5.2.7.2). */
  readonly sendRedirects: boolean;
  /** Whether a router passes on what is sent to the broadcast address of a network behind it (RFC 2644). */
  readonly forwardBroadcasts: boolean;
  /** Routes that may be added, those of our own networks not counted; more are refused. */
  readonly maxRoutes: number;
  /** Destinations for which a redirect is followed; when full, the one learnt first goes. */
  readonly maxRedirects: number;
  /** How long a redirect is followed, in milliseconds. */
  readonly redirectAgeMs: number;
}

export const DEFAULT_IPV4_SETTINGS: Ipv4Settings = {
  forwarding: false,
  hostModel: 'strong',
  acceptRedirects: true,
  sendRedirects: true,
  forwardBroadcasts: false,
  maxRoutes: 65_536,
  maxRedirects: 1024,
  redirectAgeMs: 600_000,
};
