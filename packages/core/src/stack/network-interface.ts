import type { VlanTag } from '../ethernet/ethernet.js';
import type { Ipv4Interface } from '../ipv4/ipv4-interface.js';
import { FrameMemory } from '../link/frame-memory.js';
import { DropReason } from '../link/drop-reason.js';
import { FLAGS, DESCRIPTOR_WORDS, VLAN_AND_MSS } from '../link/descriptor.js';
import type { LinkPort } from '../link/link-driver.js';
import type { LinkIo } from '../link/link-io.js';
import { Packet } from '../link/packet.js';
import { ANY, format } from '../wire/ipv4-address.js';
import type { LinkLayer } from './link-layer.js';

/** Room for the largest chain: an IPv4 datagram with an Ethernet header and a VLAN tag. */
const LARGEST_FRAME = 65_535 + 18;

/** How the poll loop serves an interface: never sleeping, sleeping after a while without work, or at once. */
export type RunMode = 'busy' | 'adaptive' | 'interrupt';

/** One interface of the stack: a port and the layers on it. */
export class NetworkInterface {
  /** The last poll moved frames, in or out. */
  hasProgressed = false;
  /** The last poll was offered frames and took none: the device is stuck for now. */
  isStalled = false;
  private isAnnounced = false;
  private readonly packet: Packet;
  private chain: Packet | undefined = undefined;

  /**
   * Works through a burst. A function of its own for each interface: of a stack with one interface V8 then knows all that
   * the packet path reaches from here, and an echo takes 0.93 of the time (`npm run bench:dpdk`); of more than one it
   * knows as much as of a method.
   */
  private readonly receive = (count: number): void => {
    const { io, packet, link } = this;
    let frames = 0;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      if (io.isChained(i)) {
        i = this.receiveChain(i, count);
        continue;
      }
      frames++;
      bytes += io.load(packet, i);
      link.input(packet);
      if (packet.handle >= 0) io.release(packet.takeHandle());
    }
    io.countReceived(frames, bytes);
  };

  constructor(
    readonly name: string,
    readonly mode: RunMode,
    readonly port: LinkPort,
    readonly io: LinkIo,
    readonly link: LinkLayer,
    readonly ipv4: Ipv4Interface,
    /** The address it answers to, six bytes. */
    readonly hardwareAddress: Uint8Array,
    /** Of a VLAN: the interface whose port it shares; it is not polled itself. */
    readonly parent?: NetworkInterface,
    /** Of a VLAN: its frames' tag. */
    readonly tag?: VlanTag,
  ) {
    this.packet = new Packet(io);
  }

  /** Its number in the stack. */
  get index(): number {
    return this.ipv4.index;
  }

  /** Its first address, as text; it may be one that is still being probed. */
  get address(): string {
    return format(this.ipv4.addressList[0]?.address ?? ANY);
  }

  /** Moves one burst each way and works through what came in. */
  poll(): void {
    const { io } = this;
    const offered = io.txCount;
    const received = io.poll();
    const isSent = io.txCount < offered;
    this.isStalled = offered > 0 && !isSent;
    this.hasProgressed = received > 0 || isSent;
    if (received > 0) this.receive(received);
    io.notifyRoom();
    if (!this.isAnnounced) this.announce();
  }

  /** Tells the link about our addresses, once there are buffers to do so. */
  private announce(): void {
    this.isAnnounced = true;
    this.link.arp?.start();
  }

  /** Puts the segments of a chain together, with one copy, and works on the whole; the index of its last segment. */
  private receiveChain(first: number, count: number): number {
    const { io } = this;
    const chain = (this.chain ??= this.newChain());
    let length = 0;
    let last = first;
    for (; ; last++) {
      const isLast = !io.isChained(last);
      length += io.copyOut(last, chain.memory.bytes, length);
      if (isLast || last + 1 === count) break;
    }
    io.countReceived(1, length);
    chain.at = 0;
    chain.end = length;
    chain.flags = io.queue.rx[first * DESCRIPTOR_WORDS + FLAGS]!;
    chain.mss = io.queue.rx[first * DESCRIPTOR_WORDS + VLAN_AND_MSS] >>> 16;
    if (length > LARGEST_FRAME || io.isChained(last)) chain.drop(DropReason['link.chainTooLong']);
    else this.link.input(chain);
    return last;
  }

  private newChain(): Packet {
    const chain = new Packet(this.io);
    chain.memory = new FrameMemory(new ArrayBuffer(LARGEST_FRAME), 0, LARGEST_FRAME, LARGEST_FRAME, 1);
    chain.view = chain.memory.view;
    return chain;
  }
}
