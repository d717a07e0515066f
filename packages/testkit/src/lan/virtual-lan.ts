import { LunettaError, SeededRandom } from '@lunetta/core';
import { type CaptureSink, FileSink, PcapngWriter } from '@lunetta/driver-pcap';
import { macBytes } from '../packets/addresses.js';
import type { Duration } from '../virtual/duration.js';
import { VirtualHost } from '../virtual/virtual-host.js';
import { keep } from '../leaks/kept-things.js';
import { Cable } from './cable.js';
import type { CableConditions } from './cable-conditions.js';
import { Hub } from './hub.js';
import { Jack, type LanDevice } from './jack.js';
import { LanCard, type LanCardOptions } from './lan-card.js';
import { type HostInterface, type HostOptions, LanHost } from './lan-host.js';
import { addCable, LanHistory, writeFrame } from './lan-history.js';
import { Router, type RouterInterfaceOptions, type RouterOptions } from './router/router.js';
import { Station } from './station.js';
import { Switch, type SwitchOptions } from './switch.js';

/** How a LAN is set up; everything has a default. */
export interface VirtualLanOptions {
  /** From which all is drawn, below 2^32: the same seed, the same packets. 1 if not given. */
  readonly seed?: number | undefined;
  /** The first moment in microseconds; `VIRTUAL_START_US` if not given. */
  readonly startUs?: number | undefined;
  /** Frames of each cable that are remembered for {@link VirtualLan.saveHistory}. 1000 if not given. */
  readonly history?: number | undefined;
  /** How many frames may arrive at one moment before that counts as a storm. 10 million if not given. */
  readonly turnLimit?: number | undefined;
}

/** Turns of the virtual event loop that the stacks may take to close. */
const CLOSING_TURNS = 10_000;

/**
 * A network in virtual time: stacks, and stations that are the test itself, on cables, hubs, switches and routers. Nothing moves
 * but in {@link advance}, and everything random comes from one seed, by a stream of its own for every stack and every
 * direction of a cable: what one of them draws changes nothing for the others.
 */
export class VirtualLan {
  /** Clock, event loop and seeded randomness of the test itself. */
  readonly time: VirtualHost;
  /** From which all is drawn. */
  readonly seed: number;
  private readonly history: LanHistory;
  private readonly hosts: LanHost[] = [];
  private readonly cables: Cable[] = [];
  /** Everything that keeps accounts. */
  private readonly checked: { faults(): string[] }[] = [];
  private readonly captures: PcapngWriter[] = [];
  private readonly names = new Set<string>();
  private streams = 0;
  private macs = 0;
  private isClosed = false;

  constructor({ seed = 1, startUs, history = 1000, turnLimit = 1e7 }: VirtualLanOptions = {}) {
    this.seed = seed;
    this.time = new VirtualHost({ seed, turnLimit, ...(startUs === undefined ? {} : { startUs }) });
    this.history = new LanHistory(history);
    keep({ role: 'network', close: () => this.close(), faults: () => [] });
  }

  /**
   * A host with a stack of its own. Its links are down until cables are plugged in.
   *
   * @param interfaces the address of its one interface, `eth0`, as `10.0.0.1/24`; or all interfaces by their names
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  host(
    name: string,
    interfaces: string | Readonly<Record<string, string | HostInterface>>,
    options: HostOptions = {},
  ): LanHost {
    const { clock, scheduler } = this.time;
    const surroundings = { host: { clock, scheduler, random: this.nextRandom() }, nextMac: () => this.nextMac() };
    const named = typeof interfaces === 'string' ? { eth0: interfaces } : interfaces;
    const host = new LanHost(this.newName(name), named, options, surroundings);
    this.hosts.push(host);
    this.checked.push(host);
    return host;
  }

  /**
   * A network card by itself, for whoever brings a stack or a wrapper of their own, and closes its port.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  card(name: string, options: Partial<LanCardOptions> = {}): LanCard {
    const hardwareAddress = macBytes(this.nextMac());
    const card = new LanCard(this.newName(name), { hardwareAddress, ...options }, this.time.scheduler);
    this.checked.push(card);
    return card;
  }

  /** A station that is the test itself. */
  station(name: string, mac: string = this.nextMac()): Station {
    return new Station(this.newName(name), mac);
  }

  /** A hub, without limit to its ports. */
  hub(name: string): Hub {
    return new Hub(this.newName(name));
  }

  /**
   * A learning switch, without limit to its ports.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  switch(name: string, options: SwitchOptions = {}): Switch {
    const made = new Switch(this.newName(name), options, this.time.clock);
    this.checked.push(made);
    return made;
  }

  /**
   * A router that is none of lunetta's code. For one that is, give a host several interfaces and the setting to forward.
   *
   * @param interfaces their addresses, as `10.0.0.1/24`, by their names
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  router(
    name: string,
    interfaces: Readonly<Record<string, string | RouterInterfaceOptions>>,
    options: RouterOptions = {},
  ): Router {
    const { clock, scheduler } = this.time;
    const router = new Router(this.newName(name), interfaces, options, {
      clock,
      scheduler,
      nextMac: () => this.nextMac(),
    });
    this.checked.push(router);
    return router;
  }

  /**
   * Plugs a cable into a free jack of each of two devices, or into the jacks given. Stacks see the carrier, and announce
   * themselves, before it returns, unless time passes just now.
   *
   * @param conditions of both directions; `cable.from(a).set(...)` changes one
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if there is no free jack, `LUNETTA_ERR_CONFIG`
   */
  cable(a: LanDevice | Jack, b: LanDevice | Jack, conditions: CableConditions = {}): Cable {
    const { clock, scheduler } = this.time;
    const first = a instanceof Jack ? a : a.freeJack();
    const second = b instanceof Jack ? b : b.freeJack();
    if (first === second) throw new LunettaError('LUNETTA_ERR_MISUSE', `a cable from ${a.name} to itself`);
    const name = this.newName(`${first.name} - ${second.name}`);
    const random = [this.nextRandom(), this.nextRandom()] as const;
    const cable = new Cable({ name, ends: [first, second], clock, scheduler, random }, conditions);
    this.history.follow(cable);
    this.cables.push(cable);
    this.checked.push(cable);
    if (!this.time.isRunning) this.time.settle();
    return cable;
  }

  /**
   * Lets time pass; code that awaits something runs on before time moves.
   *
   * @throws (rejects) what a callback threw (an AggregateError if several did), once all the rest has run
   */
  advance(duration: Duration): Promise<void> {
    return this.time.advanceAsync(duration);
  }

  /**
   * Writes what is put on cables from now on to a capture, pcapng, an interface for each cable: at once, with what
   * happens to each frame as its comment. {@link close} ends it.
   *
   * @param target a path, or a sink such as `MemorySink`
   * @param cables those that there are now if not given
   * @throws LunettaError `LUNETTA_ERR_CAPTURE` if it cannot be written
   */
  capture(target: string | CaptureSink, cables: readonly Cable[] = this.cables): void {
    const writer = new PcapngWriter(typeof target === 'string' ? new FileSink(target) : target);
    this.captures.push(writer);
    for (const cable of cables) {
      const iface = addCable(writer, cable);
      cable.observe((frame) => {
        if (this.isClosed) return;
        writeFrame(writer, iface, frame);
        writer.flush();
      });
    }
    writer.flush();
  }

  /**
   * Writes the last frames of every cable to a capture, as {@link capture} does.
   *
   * @throws LunettaError `LUNETTA_ERR_CAPTURE` if it cannot be written
   */
  saveHistory(target: string | CaptureSink): void {
    const writer = new PcapngWriter(typeof target === 'string' ? new FileSink(target) : target);
    try {
      this.history.write(writer);
    } finally {
      writer.close();
    }
  }

  /**
   * Holds everything to the laws of conservation: what was put on each cable was delivered, lost for a reason or is in
   * flight; what went through each jack was received and sent by its device; and the stacks' own accounts.
   *
   * @throws Error naming each law that is broken, with its numbers
   */
  expectConserved(): void {
    throwFaults(
      'the accounts of the LAN do not add up',
      this.checked.flatMap((each) => each.faults()),
    );
  }

  /**
   * Ends the LAN: closes all stacks and captures. Idempotent.
   *
   * @throws Error (rejects) if a frame or a buffer is not accounted for
   */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.expectConserved();
    await this.closeStacks();
    this.isClosed = true;
    for (const writer of this.captures) writer.close();
    this.expectConserved();
    throwFaults(
      'the stacks have not given back all buffers',
      this.hosts.flatMap((host) => host.leaks()),
    );
  }

  private async closeStacks(): Promise<void> {
    let isDone = false;
    const closing = Promise.all(this.hosts.map(({ stack }) => stack.close())).finally(() => (isDone = true));
    for (let turns = 0; !isDone && turns < CLOSING_TURNS; turns++) await this.advance(0);
    if (!isDone) throw new Error(`the stacks do not close within ${CLOSING_TURNS} turns`);
    await closing;
  }

  /** Random numbers of their own for one more part of the LAN: the upper half of their seed is its number. */
  private nextRandom(): SeededRandom {
    return new SeededRandom(this.seed + ++this.streams * 2 ** 32);
  }

  private nextMac(): string {
    const number = (++this.macs).toString(16).padStart(8, '0');
    return `02:00:${number.match(/../g)!.join(':')}`;
  }

  private newName(name: string): string {
    if (this.names.has(name)) throw new LunettaError('LUNETTA_ERR_MISUSE', `the LAN has a '${name}' already`);
    this.names.add(name);
    return name;
  }
}

function throwFaults(what: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(`${what}:\n  ${faults.join('\n  ')}`);
}
