import { ipv4Address, macAddress } from '@lunetta/core';
import { z } from 'zod';
import { fields } from './fields.js';
import { settingsSchema } from './settings-schema.js';

/** Shapes for the JSON schema, so that an editor marks a wrong one too; the exact checks follow them. */
const CIDR_SHAPE = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;
const ADDRESS_SHAPE = /^\d{1,3}(\.\d{1,3}){3}$/;
const MAC_SHAPE = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;

const NO_CIDR = 'must be an IPv4 address with its prefix length, such as 10.99.0.2/24';
const NO_ADDRESS = 'must be an IPv4 address, such as 10.99.0.1';
const NO_PREFIX = 'must be a prefix, such as 10.1.0.0/16';
const NO_MAC = 'must be a MAC address, such as 02:00:00:00:00:01';

/** An address that a host may have in a network, the all-zeros and all-ones ones excepted (RFC 1122 section 3.2.1.3). */
function cidrProblem(text: string): string | undefined {
  const parsed = ipv4Address.parseCidr(text);
  if (parsed === undefined) return NO_CIDR;
  const { address, prefixLength } = parsed;
  if (!ipv4Address.isHost(address)) return 'is not an address that a host may have';
  const hostMask = ~ipv4Address.mask(prefixLength);
  const hostBits = address & hostMask;
  if (prefixLength < 31 && (hostBits === 0 || hostBits === hostMask)) {
    return "is the network's own address or its broadcast address; choose a host address in it";
  }
  return undefined;
}

function macProblem(text: string): string | undefined {
  const bytes = macAddress.parse(text);
  if (bytes === undefined) return NO_MAC;
  const hi = macAddress.hiOf(bytes);
  if (macAddress.isZero(hi, macAddress.loOf(bytes))) return 'must not be all zeros';
  return macAddress.isGroup(hi) ? 'is a multicast address; its first byte must be even' : undefined;
}

function gatewayProblem(gateway: string, addresses: readonly string[]): string | undefined {
  if (!ADDRESS_SHAPE.test(gateway)) return undefined; // said already
  const router = ipv4Address.parse(gateway);
  if (router === undefined) return NO_ADDRESS;
  const isReached = addresses.some((text) => {
    const own = ipv4Address.parseCidr(text);
    if (own === undefined) return true; // said already, of the address
    return own.address !== router && ((own.address ^ router) & ipv4Address.mask(own.prefixLength)) === 0;
  });
  return isReached ? undefined : `must be another host of one of the interface's networks (${addresses.join(', ')})`;
}

function prefixProblem(text: string): string | undefined {
  return ipv4Address.parseCidr(text) === undefined ? NO_PREFIX : undefined;
}

function addressProblem(text: string): string | undefined {
  return ipv4Address.parse(text) === undefined ? NO_ADDRESS : undefined;
}

/** A string of a shape, and then free of the problem that `problemOf` finds. */
function text(shape: RegExp, otherwise: string, problemOf: (text: string) => string | undefined) {
  return z
    .string()
    .regex(shape, otherwise)
    .superRefine((value, context) => {
      const message = shape.test(value) ? problemOf(value) : undefined;
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

const probe = () =>
  z
    .boolean()
    .optional()
    .describe(
      'Whether its addresses are probed before they are used (RFC 5227), which takes four to seven seconds; one that ' +
        'another station has is not used. Default false: they are used and announced at once.',
    );

const interfaceSchema = fields({
  name: z
    .string()
    .min(1)
    .max(64)
    .describe('Its name in the stack, for messages and counters; each interface has another.'),
  driver: z
    .string()
    .min(1)
    .describe(
      'What carries its frames: tap, dpdk, pcap, any X for the package @lunetta/driver-X; or the name of another ' +
        "package, or a path to a module from this file's folder.",
    ),
  options: z.record(z.string(), z.unknown()).optional().describe("The driver's own options, such as device for tap."),
  mac: text(MAC_SHAPE, NO_MAC, macProblem)
    .optional()
    .describe("Its MAC address. Default: the device's own, or else a random one."),
  addresses: z
    .array(text(CIDR_SHAPE, NO_CIDR, cidrProblem))
    .min(1, 'needs an address at least, such as "10.99.0.2/24"')
    .describe('Its IPv4 addresses with the prefix lengths of their networks, the primary one first.'),
  gateway: z
    .string()
    .regex(ADDRESS_SHAPE, NO_ADDRESS)
    .optional()
    .describe('The router for what is on no network of ours; on one of the networks of this interface.'),
  mtu: z
    .int()
    .min(68)
    .max(65535)
    .optional()
    .describe("The largest datagram in bytes, IP header included. Default, and at most: the device's."),
  probe: probe(),
  mode: z
    .enum(['busy', 'adaptive', 'interrupt'])
    .optional()
    .describe(
      'How it is served: busy polls without a pause (least delay, one core), adaptive sleeps after some turns ' +
        'without work, interrupt sleeps at once. Default adaptive.',
    ),
}).superRefine(({ gateway, addresses }, context) => {
  const message = gateway === undefined ? undefined : gatewayProblem(gateway, addresses);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['gateway'], message });
});

const vlanSchema = fields({
  name: z.string().min(1).max(64).describe('Its name in the stack; each interface has another.'),
  parent: z.string().describe('Name of the interface whose frames carry the tag; it may be a VLAN itself.'),
  id: z.int().min(1).max(4094).describe('The number of the VLAN.'),
  isService: z.boolean().optional().describe('The outer one of two tags, with ethertype 0x88a8. Default false.'),
  addresses: z
    .array(text(CIDR_SHAPE, NO_CIDR, cidrProblem))
    .min(1)
    .describe('Its IPv4 addresses, the primary first.'),
  gateway: text(ADDRESS_SHAPE, NO_ADDRESS, addressProblem).optional().describe('The router for all else.'),
  mtu: z.int().min(68).max(65535).optional().describe("The largest datagram. Default, and at most: the parent's."),
  probe: probe(),
});

const neighbourSchema = fields({
  address: text(ADDRESS_SHAPE, NO_ADDRESS, addressProblem).describe('Its IPv4 address.'),
  mac: text(MAC_SHAPE, NO_MAC, macProblem).describe('Its MAC address.'),
  interface: z.string().optional().describe('Name of the interface. Default: the one that has a network with it.'),
});

const routeSchema = fields({
  destination: text(CIDR_SHAPE, NO_PREFIX, prefixProblem).describe(
    'The destinations, such as 10.1.0.0/16; 0.0.0.0/0 for all else.',
  ),
  gateway: text(ADDRESS_SHAPE, NO_ADDRESS, addressProblem)
    .optional()
    .describe('The router, on a network of ours. Default: the destinations are on the link themselves.'),
  interface: z.string().optional().describe('Name of the interface to leave by. Default: that of the gateway.'),
  metric: z.int().min(0).optional().describe('The least one counts whose link is up. Default 0.'),
  source: text(ADDRESS_SHAPE, NO_ADDRESS, addressProblem)
    .optional()
    .describe('The source of what we send there, an address of ours. Default: the one that suits.'),
});

/** The whole configuration, as in `lunetta.config.json`. */
export const configSchema = fields({
  $schema: z.string().optional().describe('Where an editor finds the JSON schema of this file.'),
  interfaces: z
    .array(interfaceSchema)
    .min(1, 'needs an interface at least')
    .describe('The interfaces of the stack, in their order.'),
  vlans: z.array(vlanSchema).optional().describe('Interfaces in VLANs (IEEE 802.1Q), each after its parent.'),
  routes: z.array(routeSchema).optional().describe('Routes beside those of our networks and the gateways.'),
  neighbours: z
    .array(neighbourSchema)
    .optional()
    .describe('Neighbours entered by hand: neither asked for, nor aged, nor replaced.'),
  seed: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Seed of the random numbers of a stack that replays captures: the same seed, the same frames. Default 1.',
    ),
  settings: settingsSchema.optional().describe('Limits and times of the stack; what is not given has its default.'),
})
  .superRefine(({ interfaces }, context) => {
    const seen = new Map<string, number>();
    interfaces.forEach(({ name }, i) => {
      const other = seen.get(name);
      if (other === undefined) seen.set(name, i);
      else {
        const message = `"${name}" is the name of interfaces[${other}] already; give each its own`;
        context.addIssue({ code: 'custom', path: ['interfaces', i, 'name'], message });
      }
    });
  })
  .describe('Configuration of a lunetta stack.');

/** What {@link createStack} takes, and what stands in `lunetta.config.json`. */
export type LunettaConfig = z.input<typeof configSchema>;
/** One interface of a {@link LunettaConfig}. */
export type InterfaceConfig = LunettaConfig['interfaces'][number];

/** One VLAN of a {@link LunettaConfig}. */
export type VlanConfig = NonNullable<LunettaConfig['vlans']>[number];

/** The JSON schema of the configuration file, for editors. */
export function configJsonSchema(): object {
  // Draft 7 is what editors know best.
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
