import { isLoopback } from '../wire/ipv4-address.js';
import type { Ipv4Settings } from './ipv4-settings.js';
import type { Ipv4Address, Ipv4Interface, Ipv4Link, LoopLink } from './ipv4-interface.js';

/** Opens the loopback interface, which adds itself. */
export type OpenLoopback = () => { readonly iface: Ipv4Interface; readonly link: LoopLink };

/** The interfaces of a stack, the links below them, and whose address is whose. */
export class InterfaceTable {
  /** Called when addresses have changed: paths are to be worked out again. */
  onChange: () => void = () => undefined;
  private readonly interfaces: Ipv4Interface[] = [];
  private readonly links: Ipv4Link[] = [];
  /** Our addresses, those of 127/8 apart, and the interface that each is on. */
  private readonly owners = new Map<number, Ipv4Interface>();
  private loopback: ReturnType<OpenLoopback> | undefined = undefined;

  /** True if an address of ours counts on its own interface only; a router has them on all. */
  isStrong = true;
  private isRouter = false;

  /** @param openLoopback called once, when the loopback interface is first needed */
  constructor(
    private readonly openLoopback: OpenLoopback,
    private readonly settings: Ipv4Settings,
  ) {
    this.isForwarding = settings.forwarding;
  }

  /** Whether we are a router; see `Ipv4Settings.forwarding`. */
  get isForwarding(): boolean {
    return this.isRouter;
  }

  set isForwarding(isRouter: boolean) {
    this.isRouter = isRouter;
    this.isStrong = this.settings.hostModel === 'strong' && !isRouter;
    this.tell();
  }

  /** All interfaces, in the order in which they were added. */
  get all(): readonly Ipv4Interface[] {
    return this.interfaces;
  }

  /** Adds an interface and the link below it. */
  attach(iface: Ipv4Interface, link: Ipv4Link): void {
    this.interfaces[iface.index] = iface;
    this.links[iface.index] = link;
    link.setGroups(iface.groups);
  }

  /** Gives an interface its addresses. */
  setAddresses(iface: Ipv4Interface, addresses: readonly Ipv4Address[]): void {
    iface.setAddresses(addresses);
    this.owners.clear();
    // The first interface that has an address keeps it.
    for (const own of [...this.interfaces].reverse()) {
      for (const { address, isTentative } of own.addressList) if (isTentative !== true) this.owners.set(address, own);
    }
    this.tell();
    this.onChange();
  }

  /** Every interface knows the addresses of all. */
  private tell(): void {
    const all = [...this.owners.keys()];
    for (const own of this.interfaces) own.know(all, this.isStrong);
  }

  at(index: number): Ipv4Interface {
    return this.interfaces[index];
  }

  linkOf(iface: Ipv4Interface): Ipv4Link {
    return this.links[iface.index];
  }

  /** True for the addresses of our interfaces, and for 127/8, which every host has to itself. */
  isOwn(address: number): boolean {
    return this.owners.has(address) || isLoopback(address);
  }

  /** The interface that has an address of ours; undefined for 127/8 and for what is not ours. */
  ownerOf(address: number): Ipv4Interface | undefined {
    return this.owners.get(address);
  }

  /** The interface of that name. */
  named(name: string): Ipv4Interface | undefined {
    return this.interfaces.find((iface) => iface.name === name);
  }

  /** The interface to ourselves. */
  openedLoopback(): ReturnType<OpenLoopback> {
    this.loopback ??= this.openLoopback();
    return this.loopback;
  }
}
