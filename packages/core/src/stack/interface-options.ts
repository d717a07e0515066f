import { LunettaError } from '../errors/lunetta-error.js';
import type { Ipv4Address } from '../ipv4/ipv4-interface.js';
import type { LinkPort } from '../link/link-driver.js';
import { MIN_MTU } from '../wire/ipv4.js';
import { isHost, mask, parse, parseCidr } from '../wire/ipv4-address.js';
import { isGroup, isZero, hiOf, loOf } from '../wire/mac-address.js';
import type { RunMode } from './network-interface.js';

/** How an interface is to be set up. */
export interface InterfaceOptions {
  /** Its name in the stack, for messages and counters. */
  readonly name: string;
  /** Our addresses as `192.0.2.1/24`, the primary one first. */
  readonly addresses: readonly string[];
  /** The router for what is on no network of ours. */
  readonly gateway?: string | undefined;
  /** Six bytes; not given: the device's own, or a random one. */
  readonly hardwareAddress?: Uint8Array | undefined;
  /** Largest datagram in bytes; not given, or larger than the device's: the device's. */
  readonly mtu?: number | undefined;
  /**
   * Whether its addresses are probed before they are used (RFC 5227): it takes four to seven seconds until they are, and
   * one that another station has is not used. Default false: they are used and announced at once,
   * so that a server is not seconds late at every start; a conflict shows when the other station speaks.
   */
  readonly probe?: boolean | undefined;
  /** Default `adaptive`. */
  readonly mode?: RunMode | undefined;
}

/** The addresses of an interface, read and checked. */
export interface CheckedAddresses {
  readonly addresses: readonly Ipv4Address[];
  /** 0 if there is none. */
  readonly gateway: number;
}

/**
 * Reads the options' addresses.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG` with the interface, the field and what it should be
 */
export function checkAddresses(options: InterfaceOptions): CheckedAddresses {
  const addresses = options.addresses.map((text) => checkAddress(options.name, text, options.probe === true));
  const { gateway, hardwareAddress, mtu } = options;
  if (hardwareAddress !== undefined) checkHardwareAddress(options.name, hardwareAddress);
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= 65_535)) {
    throw wrong(options.name, `the MTU ${mtu} is not an integer from ${MIN_MTU} to 65535`);
  }
  if (gateway === undefined) return { addresses, gateway: 0 };
  const router = parse(gateway);
  if (router === undefined) throw wrong(options.name, `the gateway '${gateway}' is no IPv4 address like 192.0.2.254`);
  if (!addresses.some((own) => ((own.address ^ router) & mask(own.prefixLength)) === 0 && own.address !== router)) {
    throw wrong(options.name, `the gateway ${gateway} is not on a network of ${options.addresses.join(', ')}`);
  }
  return { addresses, gateway: router };
}

function checkAddress(name: string, text: string, isTentative: boolean): Ipv4Address {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw wrong(name, `'${text}' is no address with prefix length like 192.0.2.1/24`);
  const { address, prefixLength } = parsed;
  const hostBits = address & ~mask(prefixLength);
  if (!isHost(address)) throw wrong(name, `${text} is not an address that a host may have`);
  if (prefixLength < 31 && (hostBits === 0 || hostBits === ~mask(prefixLength))) {
    throw wrong(name, `${text} is the network's own or its broadcast address; choose a host address in it`);
  }
  return { ...parsed, isTentative };
}

function checkHardwareAddress(name: string, bytes: Uint8Array): void {
  if (bytes.length !== 6) throw wrong(name, `a MAC address has 6 bytes, not ${bytes.length}`);
  if (isGroup(hiOf(bytes)) || isZero(hiOf(bytes), loOf(bytes))) {
    throw wrong(name, 'the MAC address is a multicast address or zero; set the lowest bit of its first byte to 0');
  }
}

/**
 * A stack belongs to one thread, and serves one queue: what arrives on another would wait there for ever.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG`
 */
export function checkQueues(name: string, { driver, device, queueCount }: LinkPort): void {
  if (queueCount === 1) return;
  const remedy = 'Open one, or in each worker thread a stack on a queue of its own (option `queue`)';
  throw wrong(name, `a stack serves one queue, and ${queueCount} of ${driver}:${device} were opened. ${remedy}`);
}

function wrong(name: string, what: string): LunettaError {
  return new LunettaError('LUNETTA_ERR_CONFIG', `interface '${name}': ${what}`);
}
