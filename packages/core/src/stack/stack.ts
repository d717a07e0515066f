import { LunettaError } from '../errors/lunetta-error.js';
import type { SocketErrorCode } from '../errors/socket-error.js';
import { IcmpCounter } from '../icmp/icmp-counters.js';
import { Icmp } from '../icmp/icmp.js';
import type { PingOptions, PingResult } from '../icmp/ping.js';
import { IgmpCounter } from '../igmp/igmp-counters.js';
import { Igmp } from '../igmp/igmp.js';
import { PacketFilter } from '../ipv4/filter/packet-filter.js';
import { ForwardCounter } from '../ipv4/forward-counters.js';
import { Forwarder } from '../ipv4/forwarder.js';
import { FragmentCounter } from '../ipv4/fragment-counters.js';
import { IgmpOutput } from '../ipv4/igmp-output.js';
import { InterfaceTable } from '../ipv4/interface-table.js';
import { Ipv4Input } from '../ipv4/ipv4-input.js';
import { Ipv4Output } from '../ipv4/ipv4-output.js';
import { Memberships, type GroupInfo } from '../ipv4/memberships.js';
import { PathMtuCache } from '../ipv4/path-mtu-cache.js';
import { PathMtuCounter } from '../ipv4/path-mtu-counters.js';
import { Reassembly } from '../ipv4/reassembly.js';
import { ReassemblyCounter } from '../ipv4/reassembly-counters.js';
import { Redirects } from '../ipv4/redirects.js';
import { RouteTable } from '../ipv4/routes/route-table.js';
import type { LinkEvent, LinkPort } from '../link/link-driver.js';
import { StackTime } from '../time/stack-time.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { TcpCounter } from '../tcp/tcp-counters.js';
import { Tcp } from '../tcp/tcp.js';
import { UdpCounter } from '../udp/udp-counters.js';
import { Udp } from '../udp/udp.js';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/ipv4.js';
import { isMulticast, parse } from '../wire/ipv4-address.js';
import { named, type StackCounters } from './counters.js';
import type { InterfaceOptions } from './interface-options.js';
import { InterfaceSet, type AddressConflict } from './interface-set.js';
import { Neighbours } from './neighbours.js';
import type { NetworkInterface } from './network-interface.js';
import type { VlanOptions } from './vlan-options.js';
import { PollLoop } from './poll-loop.js';
import { Raw } from '../raw/raw.js';
import type { StackHost } from './stack-host.js';
import { StaticRoutes } from './static-routes.js';
import { fillSettings, type FullStackSettings, type StackSettings } from './stack-settings.js';

/** Polls that a closing stack spends on sending what is queued. */
const CLOSING_POLLS = 64;

/** A TCP/IP stack: builds the layers, joins them, and drives them. */
export class Stack {
  /** UDP: `stack.udp.open()` makes a socket. */
  readonly udp: Udp;
  /** TCP: `stack.tcp.connect(...)`, `stack.tcp.listen(...)`. */
  readonly tcp: Tcp;
  /** Raw sockets: `stack.raw.openProtocol(89)`, `stack.raw.openFrames(0x88cc)`. */
  readonly raw: Raw;
  readonly icmp: Icmp;
  /** @internal Through {@link routes} and the sockets. */
  readonly ipv4: Ipv4Output;
  /** The routes: `stack.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.254' })`. */
  readonly routes: StaticRoutes;
  /** The neighbours of all links: `stack.neighbours.list()`, static entries, proxy ARP. */
  readonly neighbours: Neighbours;
  /** The packet filter: `stack.filter.add('input', (datagram) => Verdict.PASS)`. */
  readonly filter: PacketFilter;
  /** Called when an interface's link goes up, down or away, or changes its MTU. */
  onLinkEvent: ((iface: NetworkInterface, event: LinkEvent) => void) | undefined = undefined;
  /** Called when another station uses one of our addresses: at most once in 10 seconds for each address. */
  onAddressConflict: ((conflict: AddressConflict) => void) | undefined = undefined;
  /** Called when an address that was probed is used from now on (`InterfaceOptions.probe`). */
  onAddressUsable: ((iface: NetworkInterface, address: string) => void) | undefined = undefined;
  private readonly settings: FullStackSettings;
  private readonly time: StackTime;
  private readonly timers: TimerWheel;
  private readonly loop: PollLoop;
  private readonly pathMtu: PathMtuCache;
  private readonly redirects: Redirects;
  private readonly igmp: Igmp;
  private readonly memberships: Memberships;
  private readonly forwarder: Forwarder;
  private readonly reassembly: Reassembly;
  private readonly set: InterfaceSet;
  private closing: Promise<void> | undefined = undefined;

  constructor(
    private readonly host: StackHost,
    settings: StackSettings = {},
  ) {
    const { clock, scheduler, random } = host;
    this.settings = fillSettings(settings);
    this.time = new StackTime(clock);
    this.timers = new TimerWheel(this.time.nowUs);
    this.loop = new PollLoop(this.time, this.timers, scheduler, this.settings.loop);
    const { time, timers } = this;
    const interfaces = new InterfaceTable(() => this.set.openLoopback(), this.settings.ipv4);
    const table = new RouteTable();
    const pathsChanged = (): void => void table.generation++;
    interfaces.onChange = pathsChanged;
    this.routes = new StaticRoutes(table, interfaces, this.settings.ipv4.maxRoutes);
    this.pathMtu = new PathMtuCache(time, timers, random, this.settings.pathMtu, pathsChanged);
    this.redirects = new Redirects(time, timers, random, this.settings.ipv4, pathsChanged);
    this.filter = new PacketFilter(
      (index) => interfaces.at(index).name,
      (error) => this.loop.raise(error),
    );
    this.ipv4 = new Ipv4Output(
      interfaces,
      table,
      this.pathMtu,
      this.redirects,
      this.filter,
      this.settings.ipv4,
      random,
    );
    this.icmp = new Icmp(this.ipv4, this.time, this.timers, random, this.settings.icmp);
    this.igmp = new Igmp(new IgmpOutput(this.ipv4), { time, timers, random, limits: this.settings.igmp });
    this.memberships = new Memberships(this.ipv4, this.igmp, this.loop, this.settings.igmp);
    this.udp = new Udp(this.ipv4, this.memberships, this.icmp, this.loop, random, this.settings.udp);
    this.icmp.register(PROTOCOL_UDP, this.udp);
    this.tcp = new Tcp(this.ipv4, this.loop, this.time, this.timers, random, this.settings.tcp);
    this.icmp.register(PROTOCOL_TCP, this.tcp);
    this.loop.onBurstEnd = () => this.tcp.endBurst();
    this.reassembly = new Reassembly(this.icmp, this.time, this.timers, random, this.settings.reassembly);
    this.raw = new Raw(
      this.ipv4,
      this.loop,
      {
        nameOf: (index) => interfaces.at(index).name,
        linkOf: (name) => this.set.linkOf(name),
      },
      this.settings.raw,
    );
    const { ipv4, icmp, igmp, udp, tcp, raw, loop, reassembly, filter } = this;
    this.forwarder = new Forwarder(ipv4, icmp, filter, this.settings.ipv4);
    const ipv4Input = new Ipv4Input(interfaces, icmp, igmp, udp, tcp, raw, reassembly, this.forwarder, filter);
    const links = { ipv4, ipv4Input, icmp, igmp, raw, loop, host, time, timers, limits: this.settings.arp };
    this.set = new InterfaceSet(links, {
      linkEvent: (iface, event) => this.call(this.onLinkEvent && (() => this.onLinkEvent?.(iface, event))),
      usable: (iface, address) => this.call(this.onAddressUsable && (() => this.onAddressUsable?.(iface, address))),
      conflict: (conflict) => this.call(this.onAddressConflict && (() => this.onAddressConflict?.(conflict))),
    });
    this.neighbours = new Neighbours(() => this.set.all, this.loop, this.settings.arp.maxProxies);
    host.onStack?.(this);
  }

  /** The interfaces, in the order in which they were added. */
  get interfaces(): readonly NetworkInterface[] {
    return this.set.all;
  }

  /** Whether datagrams for others are passed on, as a router does; may be changed at any time. */
  get forwarding(): boolean {
    return this.ipv4.interfaces.isForwarding;
  }

  set forwarding(isEnabled: boolean) {
    this.ipv4.interfaces.isForwarding = isEnabled;
    this.ipv4.routes.generation++;
  }

  /**
   * Puts an interface on an open port, which is the stack's from now on: {@link close} closes it.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`, `LUNETTA_ERR_CLOSED`
   */
  addInterface(port: LinkPort, options: InterfaceOptions): NetworkInterface {
    this.checkOpen();
    return this.set.add(port, options);
  }

  /**
   * Puts an interface in a VLAN on `parent` (IEEE 802.1Q), which may be one in a VLAN itself (two tags).
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`, `LUNETTA_ERR_CLOSED`
   */
  addVlan(parent: NetworkInterface, options: VlanOptions): NetworkInterface {
    this.checkOpen();
    const iface = this.set.addVlan(parent, options);
    this.loop.wake();
    return iface;
  }

  /**
   * Sends an ICMP echo request.
   *
   * @param done called once with the outcome, from the poll loop
   * @returns undefined, or why nothing was sent (`EINVAL`, `ENETUNREACH`, `EMSGSIZE`, `EAGAIN`, ...)
   */
  ping(remote: string, options: PingOptions, done: (result: PingResult) => void): SocketErrorCode | undefined {
    this.checkOpen();
    const error = this.icmp.ping.send(remote, options, (result) => this.udp.guard(() => done(result)));
    this.loop.wake();
    return error;
  }

  /**
   * Joins a multicast group (`224.0.0.0` to `239.255.255.255`) on an interface for raw sockets, as often as it is left; a
   * UDP socket joins by itself (`socket.joinGroup`).
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE`, also if there are as many groups as the limit allows
   */
  joinGroup(iface: NetworkInterface, group: string): void {
    if (this.memberships.join(iface.ipv4, checkGroup(group)) === undefined) return;
    const { maxGroups } = this.settings.igmp;
    throw new LunettaError('LUNETTA_ERR_MISUSE', `${maxGroups} groups are joined; the setting is igmp.maxGroups`);
  }

  /** Takes back one {@link joinGroup}. @throws LunettaError `LUNETTA_ERR_MISUSE` */
  leaveGroup(iface: NetworkInterface, group: string): void {
    this.memberships.leave(iface.ipv4, checkGroup(group));
  }

  /** The multicast groups joined on each interface, and what is wanted of them. */
  groups(): GroupInfo[] {
    return this.memberships.list();
  }

  /** Whether a poll at `nowUs`, a time of the stack's clock, has timers to run: for those who record what polls do. */
  isTimerDue(nowUs: number): boolean {
    return this.timers.isDue(nowUs);
  }

  /** Everything counted so far. */
  counters(): StackCounters {
    return {
      interfaces: this.set.counters(),
      reassembly: { ...named(ReassemblyCounter, this.reassembly.counters), waiting: this.reassembly.size },
      fragments: named(FragmentCounter, this.ipv4.fragmenter.counters),
      forwarding: named(ForwardCounter, this.forwarder.counters),
      routes: { size: this.ipv4.routes.size, redirects: this.redirects.size },
      pathMtu: { ...named(PathMtuCounter, this.pathMtu.counters), destinations: this.pathMtu.size },
      icmp: named(IcmpCounter, this.icmp.counters),
      igmp: { ...named(IgmpCounter, this.igmp.counters), groups: this.memberships.size },
      tcp: { ...named(TcpCounter, this.tcp.counters), ...this.tcp.gauges() },
      udp: { ...named(UdpCounter, this.udp.counters), sockets: this.udp.socketCount },
    };
  }

  /** Ends the stack: closes the sockets, sends what is queued, gives every buffer back and closes the ports. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    if (this.loop.isInTurn) await this.turn(); // called back in the midst of a burst
    this.tcp.close();
    this.udp.close();
    this.raw.close();
    this.icmp.ping.close();
    this.igmp.close();
    this.reassembly.close();
    this.pathMtu.close();
    this.redirects.close();
    for (let polls = 0; polls < CLOSING_POLLS && !this.loop.flush(); polls++) await this.turn();
    this.ipv4.close();
    this.loop.stop();
    await this.set.close();
  }

  /** Calls the application, if it wants to be. */
  private call(callback: (() => void) | undefined): void {
    if (callback !== undefined) this.udp.guard(callback);
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => this.host.scheduler.nextTurn(resolve));
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new LunettaError('LUNETTA_ERR_CLOSED', 'the stack is closed; make a new one');
  }
}

function checkGroup(text: string): number {
  const group = parse(text);
  if (group === undefined || !isMulticast(group)) {
    throw new LunettaError('LUNETTA_ERR_MISUSE', `'${text}' is no multicast group (224.0.0.0 to 239.255.255.255)`);
  }
  return group;
}
