import { LunettaError } from '../errors/lunetta-error.js';
import type { SocketErrorCode } from '../errors/socket-error.js';
import { Ethernet } from '../ethernet/ethernet.js';
import { IcmpCounter } from '../icmp/icmp-counters.js';
import { Icmp } from '../icmp/icmp.js';
import type { PingOptions, PingResult } from '../icmp/ping.js';
import { Ipv4Input } from '../ipv4/ipv4-input.js';
import { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import { Ipv4Output } from '../ipv4/ipv4-output.js';
import { Reassembly } from '../ipv4/reassembly.js';
import { ReassemblyCounter } from '../ipv4/reassembly-counters.js';
import type { LinkEvent, LinkPort } from '../link/link-driver.js';
import { LinkIo } from '../link/link-io.js';
import { TX_HEADROOM } from '../link/packet.js';
import type { Clock, Random, Scheduler } from '../time/host.js';
import { StackTime } from '../time/stack-time.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { UdpCounter } from '../udp/udp-counters.js';
import { Udp } from '../udp/udp.js';
import { PROTOCOL_UDP } from '../wire/ipv4.js';
import { format, isMulticast, parse } from '../wire/ipv4-address.js';
import { hiOf, loOf, toBytes, format as formatMac } from '../wire/mac-address.js';
import { interfaceCounters, named, type StackCounters } from './counters.js';
import { checkAddresses, type InterfaceOptions } from './interface-options.js';
import { NetworkInterface } from './network-interface.js';
import { PollLoop } from './poll-loop.js';
import { fillSettings, type FullStackSettings, type StackSettings } from './stack-settings.js';

/** Polls that a closing stack spends on sending what is queued. */
const CLOSING_POLLS = 64;

/** What a stack is made of beside its links. */
export interface StackHost {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** Another station uses one of our addresses. */
export interface AddressConflict {
  readonly interface: NetworkInterface;
  readonly address: string;
  /** The other station. */
  readonly hardwareAddress: string;
}

/** A TCP/IP stack: builds the layers, joins them, and drives them. */
export class Stack {
  /** UDP: `stack.udp.open()` makes a socket. */
  readonly udp: Udp;
  readonly icmp: Icmp;
  readonly ipv4: Ipv4Output;
  /** Called when an interface's link goes up, down or away, or changes its MTU. */
  onLinkEvent: ((iface: NetworkInterface, event: LinkEvent) => void) | undefined = undefined;
  /** Called when another station uses one of our addresses, at most once in 10 seconds for each address. */
  onAddressConflict: ((conflict: AddressConflict) => void) | undefined = undefined;
  private readonly settings: FullStackSettings;
  private readonly time: StackTime;
  private readonly timers: TimerWheel;
  private readonly loop: PollLoop;
  private readonly ipv4Input: Ipv4Input;
  private readonly reassembly: Reassembly;
  private readonly byIndex: NetworkInterface[] = [];
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
    this.ipv4 = new Ipv4Output(random);
    this.icmp = new Icmp(this.ipv4, this.time, this.timers, random, this.settings.icmp);
    this.udp = new Udp(this.ipv4, this.icmp, this.loop, random, this.settings.udp);
    this.icmp.register(PROTOCOL_UDP, this.udp);
    this.reassembly = new Reassembly(this.icmp, this.time, this.timers, random, this.settings.reassembly);
    this.ipv4Input = new Ipv4Input(this.icmp, this.udp, this.reassembly);
  }

  /** The interfaces, in the order in which they were added. */
  get interfaces(): readonly NetworkInterface[] {
    return this.byIndex;
  }

  /**
   * Puts an interface on an open port, which is the stack's from now on: {@link close} closes it.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`, `LUNETTA_ERR_CLOSED`
   */
  addInterface(port: LinkPort, options: InterfaceOptions): NetworkInterface {
    this.checkOpen();
    const { addresses, gateway } = checkAddresses(options);
    if (this.byIndex.some((iface) => iface.name === options.name)) {
      throw new LunettaError('LUNETTA_ERR_CONFIG', `interface '${options.name}': there is one of that name already`);
    }
    const hardwareAddress = options.hardwareAddress ?? port.hardwareAddress ?? this.randomHardwareAddress();
    const io = new LinkIo(port.queue(0), this.byIndex.length);
    const mtu = Math.min(options.mtu ?? port.mtu, port.mtu, io.memory.bufferSize - TX_HEADROOM);
    const ipv4 = new Ipv4Interface(io.index, options.name, mtu);
    const ethernet = this.newEthernet(port, io, ipv4, hardwareAddress);
    const iface = new NetworkInterface(
      options.name,
      options.mode ?? 'adaptive',
      port,
      io,
      ethernet,
      ipv4,
      hardwareAddress,
    );
    this.byIndex.push(iface);
    this.ipv4.attach(ipv4, ethernet);
    this.ipv4.setAddresses(ipv4, addresses);
    if (gateway !== 0) this.ipv4.routes.add({ prefix: 0, prefixLength: 0, gateway, iface: ipv4 });
    port.setListener({
      onWake: () => this.loop.onWake(),
      onEvent: (event) => this.onEvent(iface, options, event),
    });
    if (!this.loop.isInTurn) iface.poll(); // from now on one can send; in a turn, frames that wait there must wait on
    this.loop.add(iface);
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

  /** Joins a multicast group (`224.0.0.0` to `239.255.255.255`) on an interface, as often as it is left. */
  joinGroup(iface: NetworkInterface, group: string): void {
    this.ipv4.joinGroup(iface.ipv4, checkGroup(group));
  }

  /** Leaves a multicast group. */
  leaveGroup(iface: NetworkInterface, group: string): void {
    this.ipv4.leaveGroup(iface.ipv4, checkGroup(group));
  }

  /** Whether a poll at `nowUs`, a time of the stack's clock, has timers to run: for those who record what polls do. */
  isTimerDue(nowUs: number): boolean {
    return this.timers.isDue(nowUs);
  }

  /** Everything counted so far. */
  counters(): StackCounters {
    return {
      interfaces: this.byIndex.map(interfaceCounters),
      reassembly: { ...named(ReassemblyCounter, this.reassembly.counters), waiting: this.reassembly.size },
      icmp: named(IcmpCounter, this.icmp.counters),
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
    this.udp.close();
    this.icmp.ping.close();
    this.reassembly.close();
    for (let polls = 0; polls < CLOSING_POLLS && !this.loop.flush(); polls++) await this.turn();
    this.loop.stop();
    const closing = this.byIndex.map((iface) => {
      iface.ethernet.arp.close();
      iface.io.close();
      return iface.port.close();
    });
    await Promise.all(closing);
  }

  private newEthernet(port: LinkPort, io: LinkIo, ipv4: Ipv4Interface, hardwareAddress: Uint8Array): Ethernet {
    const { random } = this.host;
    const [macHi, macLo] = [hiOf(hardwareAddress), loOf(hardwareAddress)];
    const { time, timers } = this;
    const limits = this.settings.arp;
    return new Ethernet({ io, iface: ipv4, macHi, macLo, limits, time, timers, random }, this.ipv4Input, {
      setMulticastList: (addresses) => port.setMulticastList(addresses),
      unresolved: (networkAt, end) => this.icmp.unresolved(io.memory.view, networkAt, end),
      conflict: (address, hi, lo) => this.reportConflict(io.index, address, toBytes(hi, lo)),
    });
  }

  private onEvent(iface: NetworkInterface, options: InterfaceOptions, event: LinkEvent): void {
    if (event === 'mtu') {
      const { port, io } = iface;
      iface.ipv4.mtu = Math.min(options.mtu ?? port.mtu, port.mtu, io.memory.bufferSize - TX_HEADROOM);
      this.ipv4.routes.generation++;
    }
    if (event === 'up') iface.ethernet.arp.start(); // the other end may have changed (RFC 5227 section 2.1)
    this.loop.onWake();
    const { onLinkEvent } = this;
    if (onLinkEvent !== undefined) this.udp.guard(() => onLinkEvent(iface, event));
  }

  private reportConflict(index: number, address: number, hardwareAddress: Uint8Array): void {
    const { onAddressConflict } = this;
    if (onAddressConflict === undefined) return;
    const iface = this.byIndex[index];
    this.udp.guard(() =>
      onAddressConflict({
        interface: iface,
        address: format(address),
        hardwareAddress: formatMac(hardwareAddress),
      }),
    );
  }

  /** A locally administered unicast address (IEEE 802: second bit of the first byte set, first bit clear). */
  private randomHardwareAddress(): Uint8Array {
    const { random } = this.host;
    return toBytes(0x0200 | (random.int32() & 0xff), random.int32());
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
