import { macAddress, Stack, type InterfaceOptions, type NetworkInterface, type StackSettings } from '@lunetta/core';
import { TestStack } from '../conformance/test-stack.js';
import { createMemoryCable, type MemoryCable, type MemoryCableOptions } from '../memory/memory-cable.js';
import type { Duration } from '../virtual/duration.js';
import { VirtualHost } from '../virtual/virtual-host.js';
import { expectConserved } from './conservation.js';
import { ethernet, packetBytes, type PacketBytes } from '../packets/packet-builder.js';
import { readPacket, type Packet } from '../packets/packet.js';

/** How a lab is set up; everything has a default. */
export interface StackLabOptions {
  readonly seed?: number;
  readonly cable?: MemoryCableOptions;
  readonly iface?: Partial<InterfaceOptions>;
  readonly settings?: StackSettings;
}

/** Fewer than a cable has by itself: a lab is made for every test. */
const BUFFERS = 1536;
/** Turns that a stack may take to close. */
const CLOSING_TURNS = 10_000;
/** Data of an echo request that is not all zeros. */
const mark = Uint8Array.of(1);

/**
 * A stack under a microscope: on one end of a memory cable, in virtual time, with the test itself as the station at the
 * other end, byte by byte. The stack is 10.0.0.1/24 with MAC 02:00:00:00:00:01; the test is 10.0.0.2, 02:...:02.
 */
export class StackLab {
  static readonly STACK_IP = '10.0.0.1';
  static readonly STACK_MAC = '02:00:00:00:00:01';
  static readonly PEER_IP = '10.0.0.2';
  static readonly PEER_MAC = '02:00:00:00:00:02';

  readonly host: VirtualHost;
  readonly cable: MemoryCable;
  readonly stack: Stack;
  readonly iface: NetworkInterface;
  private readonly peer: TestStack;

  constructor(options: StackLabOptions = {}) {
    this.host = new VirtualHost({ seed: options.seed ?? 1 });
    this.cable = createMemoryCable({
      ...{ scheduler: this.host.scheduler, buffers: BUFFERS, poison: true },
      ...options.cable,
    });
    this.stack = new Stack(this.host, options.settings);
    this.iface = this.stack.addInterface(this.cable.a, {
      name: 'lab0',
      addresses: [`${StackLab.STACK_IP}/24`],
      hardwareAddress: macAddress.parse(StackLab.STACK_MAC)!,
      mode: 'interrupt',
      ...options.iface,
    });
    this.peer = new TestStack(this.cable.b);
    this.peer.poll();
    this.host.settle();
    this.receive(); // the announcement
  }

  /** Puts frames on the wire and lets the stack work on them. */
  send(...frames: readonly PacketBytes[]): void {
    for (const frame of frames.map(packetBytes)) {
      if (this.peer.queueFrame(frame) !== undefined) continue;
      this.peer.poll(); // sends what is queued, and fills up the stock
      if (this.peer.queueFrame(frame) === undefined) throw new Error('the lab has no room for one more frame');
    }
    this.peer.poll();
    this.host.settle();
  }

  /** The frames that the stack has sent since the last call, in order. */
  receive(): Uint8Array[] {
    for (;;) {
      const count = this.peer.inbox.length;
      this.peer.poll();
      if (this.peer.inbox.length === count) return this.peer.inbox.splice(0);
    }
  }

  /** Sends frames and takes what the stack sends at once. */
  exchange(...frames: readonly PacketBytes[]): Uint8Array[] {
    this.send(...frames);
    return this.receive();
  }

  /** As {@link exchange}; every frame is read, and held to the standards. */
  ask(...frames: readonly PacketBytes[]): Packet[] {
    return this.exchange(...frames).map(readPacket);
  }

  /** As {@link receive}; every frame is read, and held to the standards. */
  heard(): Packet[] {
    return this.receive().map(readPacket);
  }

  /** Lets time pass. */
  advance(duration: Duration): void {
    this.host.advance(duration);
  }

  /** Makes the stack know the test's station, so that it answers without asking. */
  introduce(ipAddress = StackLab.PEER_IP, macText = StackLab.PEER_MAC): void {
    this.exchange(ethernet({ src: macText }).arp({ senderIp: ipAddress }));
  }

  /** As {@link introduce}, and the stack has confirmed it: for 30 seconds it asks no more. */
  befriend(ipAddress = StackLab.PEER_IP, macText = StackLab.PEER_MAC): void {
    this.introduce(ipAddress, macText);
    const frames = this.ask(ethernet({ src: macText }).ipv4({ src: ipAddress }).icmp().payload(mark));
    if (frames.some((frame) => frame.arp?.operation === 'request')) {
      this.exchange(ethernet({ src: macText }).arp({ operation: 'reply', senderIp: ipAddress }));
    }
  }

  /** How often the stack has dropped a frame for a reason, such as `udp.noPort`, received or to be sent. */
  drops(reason: string): number {
    const { rx, tx } = this.stack.counters().interfaces[0];
    return (rx.dropped[reason] ?? 0) + (tx.dropped[reason] ?? 0);
  }

  /**
   * Ends the lab.
   *
   * @throws Error if a frame or a buffer is not accounted for
   */
  async close(): Promise<void> {
    expectConserved(this.stack);
    let isClosed = false;
    const closing = this.stack.close().finally(() => (isClosed = true));
    for (let turns = 0; !isClosed && turns < CLOSING_TURNS; turns++) {
      this.host.settle();
      await Promise.resolve();
    }
    if (!isClosed) throw new Error(`the stack does not close within ${CLOSING_TURNS} turns`);
    await closing;
    expectConserved(this.stack);
    const { inUse, device } = this.stack.counters().interfaces[0].buffers;
    this.peer.releaseAll();
    await this.cable.b.close();
    if (inUse !== 0) throw new Error(`${inUse} buffers were not given back`);
    if (device !== 0) throw new Error(`${device} buffers stayed with the device after close`);
  }
}
