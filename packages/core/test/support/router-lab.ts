import { macAddress, Stack, type StackSettings } from '@lunetta/core';
import {
  createMemoryCable,
  ethernet,
  expectConserved,
  type Ipv4Values,
  type MemoryCable,
  type MemoryCableOptions,
  type Packet,
  type PacketBuilder,
  type PacketBytes,
  readPacket,
  TestStack,
  VirtualHost,
} from '@lunetta/testkit';

/** One side of the router: network 10.0.n.0/24, the router is .1 with MAC 02:..:n:01, the station .2 with 02:..:n:02. */
interface Side {
  readonly cable: MemoryCable;
  readonly station: TestStack;
}

/** Options of a {@link RouterLab}. */
export interface RouterLabOptions {
  readonly settings?: StackSettings;
  /** MTU of each side; as many sides as there are. */
  readonly mtus?: readonly number[];
  readonly cable?: MemoryCableOptions;
}

/** A stack with several interfaces, in virtual time, and a station of the test's own on each. */
export class RouterLab {
  readonly host = new VirtualHost({ seed: 5 });
  readonly stack: Stack;
  private readonly sides: Side[];

  constructor({ settings, mtus = [1500, 1500], cable = {} }: RouterLabOptions = {}) {
    this.stack = new Stack(this.host, { ipv4: { forwarding: true }, ...settings });
    this.sides = mtus.map((mtu, n) => this.addSide(n, mtu, cable));
    this.host.settle();
    this.receiveAll(); // the announcements
    mtus.forEach((_, n) => this.introduce(n));
  }

  static routerMac(n: number): string {
    return `02:00:00:00:0${n}:01`;
  }

  static stationMac(n: number): string {
    return `02:00:00:00:0${n}:02`;
  }

  /** The Ethernet header of a frame from the station of side `n` to the router. */
  from(n: number, dst = RouterLab.routerMac(n)): PacketBuilder {
    return ethernet({ dst, src: RouterLab.stationMac(n) });
  }

  /** A UDP datagram from port 1000 to 2000 in a frame from the station of side `n` to the router. */
  datagram(n: number, fields: Partial<Ipv4Values>, payload = Uint8Array.of(1, 2, 3)): PacketBuilder {
    return this.from(n).ipv4(fields).udp({ srcPort: 1000, dstPort: 2000 }).payload(payload);
  }

  /** Puts frames on the wire of side `n` and lets the stack work. */
  send(n: number, ...frames: readonly PacketBytes[]): void {
    const { station } = this.sides[n];
    for (const frame of frames.map((each) => (each instanceof Uint8Array ? each : each.bytes()))) {
      if (station.queueFrame(frame) !== undefined) continue;
      station.poll();
      station.queueFrame(frame);
    }
    station.poll();
    this.host.settle();
  }

  /** What the stack has sent on side `n` since the last call, read and held to the standards. */
  heard(n: number): Packet[] {
    return this.heardRaw(n).map(readPacket);
  }

  /** As {@link heard}, as bytes. */
  heardRaw(n: number): Uint8Array[] {
    const { station } = this.sides[n];
    for (;;) {
      const count = station.inbox.length;
      station.poll();
      if (station.inbox.length === count) return station.inbox.splice(0);
    }
  }

  /** Takes the carrier of side `n` away, or gives it back. */
  setLink(n: number, state: 'up' | 'down'): void {
    this.sides[n].cable.setLinkState(state);
    this.host.settle();
  }

  /** How often a frame received by side `n` was dropped for a reason. */
  drops(n: number, reason: string): number {
    return this.stack.counters().interfaces[n].rx.dropped[reason] ?? 0;
  }

  /** @throws Error if a frame or a buffer is not accounted for */
  async close(): Promise<void> {
    expectConserved(this.stack);
    let isClosed = false;
    const closing = this.stack.close().finally(() => (isClosed = true));
    for (let turns = 0; !isClosed && turns < 1000; turns++) {
      this.host.settle();
      await Promise.resolve();
    }
    await closing;
    expectConserved(this.stack);
    for (const { buffers, name } of this.stack.counters().interfaces) {
      if (buffers.inUse !== 0) throw new Error(`${name}: ${buffers.inUse} buffers were not given back`);
    }
  }

  /** The router knows the station of side `n`, confirmed. */
  introduce(n: number, address = `10.0.${n}.2`, senderMac = RouterLab.stationMac(n)): void {
    const arp = (operation: 'request' | 'reply'): PacketBuilder => {
      const fields = { operation, senderIp: address, targetIp: `10.0.${n}.1` };
      return ethernet({ dst: RouterLab.routerMac(n), src: senderMac }).arp(fields);
    };
    this.send(n, arp('request'));
    this.send(n, this.datagram(n, { src: address, dst: `10.0.${n}.1` })); // the refusal makes it ask
    this.send(n, arp('reply'));
    this.heard(n);
  }

  private addSide(n: number, mtu: number, options: MemoryCableOptions): Side {
    const cable = createMemoryCable({
      scheduler: this.host.scheduler,
      poison: true,
      mtu,
      name: `side${n}`,
      ...options,
    });
    const station = new TestStack(cable.b);
    station.poll();
    this.stack.addInterface(cable.a, {
      name: `side${n}`,
      addresses: [`10.0.${n}.1/24`],
      hardwareAddress: macAddress.parse(RouterLab.routerMac(n))!,
      mode: 'interrupt',
    });
    return { cable, station };
  }

  private receiveAll(): void {
    for (let n = 0; n < this.sides.length; n++) this.heard(n);
  }
}
