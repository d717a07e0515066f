import type { Lab, Netns } from './lab.js';

/** Two ends that can reach each other: the load comes from the kernel of `client`, the server stands in `server`. */
export interface Link {
  readonly client: Netns;
  readonly server: Netns;
  /** The server's address. */
  readonly host: string;
}

/** The TAP device of a link of {@link tapLink}. */
export const TAP_DEVICE = 'tap0';
/** The address that a stack is to have on it. */
export const TAP_ADDRESS = '10.99.0.2';
/** With the prefix length of its network. */
export const TAP_CIDR = `${TAP_ADDRESS}/16`;
/** Always the same, so that what the kernel knows of one server is true of the next. */
export const TAP_MAC = '02:00:00:00:99:02';
/** The first of 4,094 further addresses of the kernel's side. */
export const TAP_SOURCES = '10.99.16.1';

/** A TAP device: the kernel on one side, on the other whoever opens it. The kernel answers for 10.99.16.0/20 too. */
export function tapLink(lab: Lab): Link {
  const netns = lab.netns();
  netns.ip(`tuntap add dev ${TAP_DEVICE} mode tap`);
  netns.ip(`addr add 10.99.0.1/16 dev ${TAP_DEVICE}`);
  netns.ip(`link set ${TAP_DEVICE} txqueuelen 1000 up`);
  netns.ip('route add local 10.99.16.0/20 dev lo');
  return { client: netns, server: netns, host: TAP_ADDRESS };
}

/** A cable between two kernels. */
export function vethLink(lab: Lab): Link {
  const [client, server] = [lab.netns(), lab.netns()];
  client.ip(`link add v0 type veth peer name v0 netns ${server.name}`);
  client.ip('addr add 10.98.0.1/24 dev v0');
  server.ip('addr add 10.98.0.2/24 dev v0');
  client.ip('link set v0 up');
  server.ip('link set v0 up');
  return { client, server, host: '10.98.0.2' };
}
