import {
  LunettaError,
  macAddress,
  type NetworkInterface,
  type RunMode,
  Stack,
  type StackHost,
  type StackSettings,
} from '@lunetta/core';
import { conservationFaults } from '../lab/conservation.js';
import { macBytes } from '../packets/addresses.js';
import type { Jack, LanDevice } from './jack.js';
import { LanCard } from './lan-card.js';

/** One interface of a host. */
export interface HostInterface {
  /** As `10.0.0.1/24`, the primary one first. */
  readonly addresses: string | readonly string[];
  /** The router for what is on no network of ours. */
  readonly gateway?: string | undefined;
  /** As `02:00:00:00:00:01`; the LAN counts them up if not given. */
  readonly mac?: string | undefined;
  /** 1500 if not given. */
  readonly mtu?: number | undefined;
  /** `interrupt` if not given: virtual time cannot pass while a stack polls on. */
  readonly mode?: RunMode | undefined;
  /** Frame buffers of the network card. 512 if not given. */
  readonly buffers?: number | undefined;
  /** The card finishes checksums and cuts up TCP segments: `LanCardOptions.offloads`. */
  readonly offloads?: boolean | undefined;
}

/** How a host is set up; what belongs to an interface is for all of them, where they have nothing of their own. */
export interface HostOptions extends Omit<HostInterface, 'addresses' | 'mac'> {
  /** Of its stack. */
  readonly settings?: StackSettings | undefined;
}

/** What a {@link LanHost} needs of the LAN. */
export interface HostSurroundings {
  readonly host: StackHost;
  /** A MAC address that nobody has yet. */
  readonly nextMac: () => string;
}

/** A stack on a virtual LAN, with one or more interfaces. */
export class LanHost implements LanDevice {
  readonly stack: Stack;
  private readonly cards = new Map<string, LanCard>();

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  constructor(
    readonly name: string,
    interfaces: Readonly<Record<string, string | HostInterface>>,
    options: HostOptions,
    { host, nextMac }: HostSurroundings,
  ) {
    this.stack = new Stack(host, options.settings);
    for (const [ifaceName, given] of Object.entries(interfaces)) {
      const iface = { mac: nextMac(), ...options, ...(typeof given === 'string' ? { addresses: given } : given) };
      const { addresses, gateway, mtu, mode = 'interrupt', buffers, offloads } = iface;
      const cardOptions = { hardwareAddress: macBytes(iface.mac), mtu, buffers, offloads };
      const card = new LanCard(`${name}:${ifaceName}`, cardOptions, host.scheduler, this);
      this.cards.set(ifaceName, card);
      this.stack.addInterface(card.port, { name: ifaceName, addresses: [addresses].flat(), gateway, mode });
    }
  }

  /** Its first interface. */
  get iface(): NetworkInterface {
    return this.stack.interfaces[0];
  }

  /** MAC address of its first interface. */
  get mac(): string {
    return macAddress.format(this.iface.hardwareAddress);
  }

  /**
   * The jack of an interface.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if there is no such interface
   */
  jack(ifaceName: string): Jack {
    const card = this.cards.get(ifaceName);
    if (card !== undefined) return card.jack;
    const names = [...this.cards.keys()].join(', ');
    throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.name} has no interface '${ifaceName}'; it has ${names}`);
  }

  freeJack(): Jack {
    for (const { jack } of this.cards.values()) if (!jack.isPlugged) return jack;
    const message = `every interface of ${this.name} has a cable; unplug() one, or give the host more interfaces`;
    throw new LunettaError('LUNETTA_ERR_MISUSE', message);
  }

  /** What is wrong with the accounts of its stack and its network cards. */
  faults(): string[] {
    const stackFaults = conservationFaults(this.stack).map((fault) => `${this.name}: ${fault}`);
    return [...stackFaults, ...[...this.cards.values()].flatMap((card) => card.faults())];
  }

  /** What a closed stack has not given back. */
  leaks(): string[] {
    return [...this.cards.values()].flatMap((card) => card.leaks());
  }
}
