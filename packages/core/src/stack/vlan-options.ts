import { LunettaError } from '../errors/lunetta-error.js';
import type { VlanTag } from '../ethernet/ethernet.js';
import { ETHERTYPE_SERVICE_VLAN, ETHERTYPE_VLAN } from '../wire/ethernet.js';
import type { InterfaceOptions } from './interface-options.js';
import type { NetworkInterface } from './network-interface.js';

const MAX_VLAN = 4094;

/** How an interface in a VLAN is to be set up (IEEE 802.1Q). */
export interface VlanOptions extends Pick<InterfaceOptions, 'name' | 'addresses' | 'gateway' | 'mtu' | 'probe'> {
  /** The VLAN's number, 1..4094. */
  readonly id: number;
  /** The outer tag of frames that carry a second one has an ethertype of its own, 0x88a8 (IEEE 802.1ad). Default false. */
  readonly isService?: boolean | undefined;
}

/**
 * The tag of a new VLAN on `parent`.
 *
 * @param all the interfaces that there are
 * @throws LunettaError `LUNETTA_ERR_CONFIG`
 */
export function checkVlan(parent: NetworkInterface, options: VlanOptions, all: readonly NetworkInterface[]): VlanTag {
  const { id, name, isService = false } = options;
  const wrong = (what: string): LunettaError => new LunettaError('LUNETTA_ERR_CONFIG', `interface '${name}': ${what}`);
  if (!(Number.isInteger(id) && id >= 1 && id <= MAX_VLAN)) throw wrong(`the VLAN ${id} is not from 1 to ${MAX_VLAN}`);
  if (parent.link.arp === undefined) throw wrong(`'${parent.name}' carries no VLANs`);
  if (parent.tag?.outer !== undefined) throw wrong(`'${parent.name}' has two tags already`);
  const same = all.find((other) => other.parent === parent && other.tag?.id === id);
  if (same !== undefined) throw wrong(`'${same.name}' is VLAN ${id} of '${parent.name}' already`);
  return { id, tpid: isService ? ETHERTYPE_SERVICE_VLAN : ETHERTYPE_VLAN, outer: parent.tag };
}
