import { LunettaError } from '../errors/lunetta-error.js';
import { Ethernet, type VlanTag } from '../ethernet/ethernet.js';
import type { ArpLimits } from '../arp/arp-limits.js';
import type { Icmp } from '../icmp/icmp.js';
import type { Igmp } from '../igmp/igmp.js';
import type { OpenLoopback } from '../ipv4/interface-table.js';
import type { Ipv4Input } from '../ipv4/ipv4-input.js';
import { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import type { Ipv4Output } from '../ipv4/ipv4-output.js';
import type { LinkEvent, LinkPort } from '../link/link-driver.js';
import { LinkIo } from '../link/link-io.js';
import { TX_HEADROOM } from '../link/packet.js';
import { Loopback } from '../loopback/loopback.js';
import { LoopbackPort } from '../loopback/loopback-port.js';
import type { Raw } from '../raw/raw.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import { TAG_LENGTH } from '../wire/ethernet.js';
import { format, parseCidr } from '../wire/ipv4-address.js';
import { format as formatMac, hiOf, loOf, toBytes } from '../wire/mac-address.js';
import { interfaceCounters, type InterfaceCounters } from './counters.js';
import { checkAddresses, checkQueues, type InterfaceOptions } from './interface-options.js';
import { checkVlan, type VlanOptions } from './vlan-options.js';
import { NetworkInterface } from './network-interface.js';
import type { PollLoop } from './poll-loop.js';
import type { StackHost } from './stack-host.js';

/** The loopback interface's name, addresses and MAC address. */
const LOOPBACK_NAME = 'lo';
const LOOPBACK_ADDRESS = parseCidr('127.0.0.1/8')!;
const NO_HARDWARE_ADDRESS = new Uint8Array(6);

/** Another station uses one of our addresses. */
export interface AddressConflict {
  readonly interface: NetworkInterface;
  readonly address: string;
  /** The other station. */
  readonly hardwareAddress: string;
  /** We go on using the address, and have said so; false: it was being probed, and is not used until the other is gone. */
  readonly isKept: boolean;
}

/** What interfaces are made of, and what stands above them. */
export interface InterfaceParts {
  readonly ipv4: Ipv4Output;
  readonly ipv4Input: Ipv4Input;
  readonly icmp: Icmp;
  readonly igmp: Igmp;
  readonly raw: Raw;
  readonly loop: PollLoop;
  readonly host: StackHost;
  readonly time: StackTime;
  readonly timers: TimerWheel;
  readonly limits: ArpLimits;
}

/** Who hears of what happens to interfaces. */
export interface InterfaceListener {
  linkEvent(iface: NetworkInterface, event: LinkEvent): void;
  conflict(conflict: AddressConflict): void;
  /** An address that was probed is used from now on. */
  usable(iface: NetworkInterface, address: string): void;
}

/** The interfaces of a stack: makes them, and joins each to the layers above. */
export class InterfaceSet {
  private readonly byIndex: NetworkInterface[] = [];
  /** Of each port, what its interfaces have joined, by their numbers. */
  private readonly multicastLists = new Map<LinkPort, Map<number, readonly Uint8Array[]>>();

  constructor(
    private readonly parts: InterfaceParts,
    private readonly listener: InterfaceListener,
  ) {}

  /** All of them, in the order in which they were added. */
  get all(): readonly NetworkInterface[] {
    return this.byIndex;
  }

  /**
   * See `Stack.addInterface`.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  add(port: LinkPort, options: InterfaceOptions): NetworkInterface {
    const { ipv4, loop } = this.parts;
    loop.enter(); // timers armed now count from now, however long ago the stack was made
    const { addresses, gateway } = checkAddresses(options);
    this.checkName(options.name);
    checkQueues(options.name, port);
    const hardwareAddress = options.hardwareAddress ?? port.hardwareAddress ?? this.randomHardwareAddress();
    const io = new LinkIo(port.queue(0), this.byIndex.length);
    const ip = new Ipv4Interface(io.index, options.name, mtuOf(port, io, options));
    const ethernet = this.newEthernet(port, io, ip, hardwareAddress);
    const { name, mode = 'adaptive' } = options;
    const iface = new NetworkInterface(name, mode, port, io, ethernet, ip, hardwareAddress);
    ipv4.interfaces.attach(ip, ethernet);
    ipv4.setAddresses(ip, addresses);
    if (gateway !== 0) ipv4.routes.add({ prefix: 0, prefixLength: 0, gateway, iface: ip });
    this.start(iface, (event) => this.onEvent(iface, options, event));
    return iface;
  }

  /**
   * See `Stack.addVlan`.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  addVlan(parent: NetworkInterface, options: VlanOptions): NetworkInterface {
    const { ipv4 } = this.parts;
    const { addresses, gateway } = checkAddresses(options);
    this.checkName(options.name);
    const tag = checkVlan(parent, options, this.byIndex);
    const { port, io, hardwareAddress, mode } = parent;
    const room = parent.ipv4.mtu - (parent.tag === undefined ? 0 : TAG_LENGTH);
    const ip = new Ipv4Interface(this.byIndex.length, options.name, Math.min(options.mtu ?? room, room));
    const ethernet = this.newEthernet(port, io, ip, hardwareAddress, tag);
    const iface = new NetworkInterface(options.name, mode, port, io, ethernet, ip, hardwareAddress, parent, tag);
    this.byIndex.push(iface);
    ip.isUp = parent.ipv4.isUp;
    (parent.link as Ethernet).addVlan(tag.id, ethernet);
    ipv4.interfaces.attach(ip, ethernet);
    ipv4.setAddresses(ip, addresses);
    if (gateway !== 0) ipv4.routes.add({ prefix: 0, prefixLength: 0, gateway, iface: ip });
    ethernet.arp.start();
    return iface;
  }

  /** Makes the loopback interface, once somebody speaks to ourselves. */
  openLoopback(): ReturnType<OpenLoopback> {
    const { ipv4, ipv4Input, host } = this.parts;
    const port = new LoopbackPort(host.scheduler);
    const io = new LinkIo(port.queue(), this.byIndex.length);
    const ip = new Ipv4Interface(io.index, LOOPBACK_NAME, port.mtu, true);
    const link = new Loopback(io, ipv4.interfaces, ipv4Input);
    const iface = new NetworkInterface(LOOPBACK_NAME, 'interrupt', port, io, link, ip, NO_HARDWARE_ADDRESS);
    ipv4.interfaces.attach(ip, link);
    ip.setAddresses([LOOPBACK_ADDRESS]);
    this.start(iface, () => undefined);
    return { iface: ip, link };
  }

  /** The link and MTU of the interface of that name, if it has a port of its own that carries Ethernet. */
  linkOf(name: string): { io: LinkIo; mtu: number } | undefined {
    const iface = this.byIndex.find((each) => each.name === name && each.parent === undefined);
    return iface?.link.arp && { io: iface.io, mtu: iface.ipv4.mtu };
  }

  /** The accounts of those that have a port of their own. */
  counters(): InterfaceCounters[] {
    const rootOf = (iface: NetworkInterface): NetworkInterface => (iface.parent ? rootOf(iface.parent) : iface);
    const roots = this.byIndex.filter((iface) => iface.parent === undefined);
    return roots.map((root) =>
      interfaceCounters(
        root,
        this.byIndex.filter((iface) => iface !== root && rootOf(iface) === root),
      ),
    );
  }

  /** Drops what waits, stops every timer, and closes the ports. */
  async close(): Promise<void> {
    // A VLAN gives its buffers back to its parent's port: none is closed before all have.
    for (const { link } of this.byIndex) link.arp?.close();
    const closing = this.byIndex.map((iface) => {
      iface.io.close();
      return iface.port.close();
    });
    await Promise.all(closing);
  }

  private checkName(name: string): void {
    if (name !== LOOPBACK_NAME && !this.byIndex.some((iface) => iface.name === name)) return;
    throw new LunettaError('LUNETTA_ERR_CONFIG', `interface '${name}': there is one of that name already`);
  }

  private start(iface: NetworkInterface, onEvent: (event: LinkEvent) => void): void {
    const { loop } = this.parts;
    this.byIndex.push(iface);
    iface.ipv4.isUp = iface.port.linkState === 'up';
    iface.port.setListener({ onWake: () => loop.onWake(), onEvent });
    // From now on one can send. In a turn, frames that wait at a device must wait on; nothing waits at a new loopback.
    if (!loop.isInTurn || iface.ipv4.isLoopback) iface.poll();
    loop.add(iface);
  }

  private newEthernet(
    port: LinkPort,
    io: LinkIo,
    iface: Ipv4Interface,
    hardwareAddress: Uint8Array,
    tag?: VlanTag,
  ): Ethernet {
    const { icmp, ipv4Input, raw, time, timers, limits, host } = this.parts;
    const [macHi, macLo] = [hiOf(hardwareAddress), loOf(hardwareAddress)];
    const ports = {
      setMulticastList: (addresses: readonly Uint8Array[]) => this.setMulticastList(port, iface.index, addresses),
      unresolved: (networkAt: number, end: number) => icmp.unresolved(io, networkAt, end),
      usable: (address: number) => this.use(iface, address),
      conflict: (address: number, hi: number, lo: number, isKept: boolean) =>
        this.reportConflict(iface.index, address, toBytes(hi, lo), isKept),
    };
    const settings = { io, iface, macHi, macLo, limits, time, timers, random: host.random };
    return new Ethernet(settings, ipv4Input, raw, ports, tag);
  }

  /** A port receives what its own interface and its VLANs have joined. */
  private setMulticastList(port: LinkPort, index: number, addresses: readonly Uint8Array[]): void {
    const lists = this.multicastLists.get(port) ?? new Map<number, readonly Uint8Array[]>();
    this.multicastLists.set(port, lists.set(index, addresses));
    const all = new Map([...lists.values()].flat().map((address) => [formatMac(address), address]));
    port.setMulticastList([...all.values()]);
  }

  private onEvent(iface: NetworkInterface, options: InterfaceOptions, event: LinkEvent): void {
    const { ipv4, igmp, loop } = this.parts;
    loop.enter(); // timers armed now count from now, however long the stack has slept
    const isUp = iface.port.linkState === 'up';
    const mtu = mtuOf(iface.port, iface.io, options);
    for (const each of this.byIndex) {
      if (each.port !== iface.port) continue;
      each.ipv4.isUp = isUp;
      if (event === 'mtu') each.ipv4.mtu = each === iface ? mtu : Math.min(each.ipv4.mtu, mtu);
      if (event !== 'up') continue;
      each.link.arp?.start(); // the other end may have changed (RFC 5227 section 2.1)
      igmp.linkUp(each.index);
    }
    ipv4.routes.linkChanged();
    loop.onWake();
    this.listener.linkEvent(iface, event);
  }

  /** Nobody else has an address that was probed. */
  private use(iface: Ipv4Interface, address: number): void {
    const known = iface.addressList.map((own) => (own.address === address ? { ...own, isTentative: false } : own));
    this.parts.ipv4.setAddresses(iface, known);
    this.listener.usable(this.byIndex[iface.index], format(address));
  }

  private reportConflict(index: number, address: number, hardwareAddress: Uint8Array, isKept: boolean): void {
    this.listener.conflict({
      interface: this.byIndex[index],
      address: format(address),
      hardwareAddress: formatMac(hardwareAddress),
      isKept,
    });
  }

  /** A locally administered unicast address (IEEE 802: second bit of the first byte set, first bit clear). */
  private randomHardwareAddress(): Uint8Array {
    const { random } = this.parts.host;
    return toBytes(0x0200 | (random.int32() & 0xff), random.int32());
  }
}

/** The largest datagram: as asked for, but no more than the device takes and a buffer holds. */
function mtuOf(port: LinkPort, io: LinkIo, { mtu = port.mtu }: InterfaceOptions): number {
  return Math.min(mtu, port.mtu, io.memory.bufferSize - TX_HEADROOM);
}
