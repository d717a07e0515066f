import type { DropReason } from './drop-reason.js';
import type { FrameMemory } from './frame-memory.js';
import { LinkCounter } from './link-counters.js';
import type { PacketLink } from './packet-link.js';

/** Bytes that {@link Packet.begin} leaves free for the headers before what the stack writes first. */
export const TX_HEADROOM = 64;

/** How a frame or datagram is addressed. */
export enum Cast {
  UNICAST,
  MULTICAST,
  BROADCAST,
  /** Of a datagram: to another host, through us. */
  TRANSIT,
}

/**
 * The cursor over the frame that is being worked on. There is one for what a link receives and one for what the stack
 * starts itself; both are used again for every frame, so nothing may keep one.
 *
 * Going up, each layer moves `at` past its header and `end` to the end of its payload; going down, each layer writes
 * its header before `at` and moves `at` to it. The buffer belongs to the cursor until somebody takes it
 * ({@link takeHandle}); what nobody took goes back to the driver when the work on the frame is done.
 */
export class Packet {
  memory: FrameMemory;
  view: DataView;
  /** The buffer's handle; -1 if there is none to take (taken already, or a chain that was put together elsewhere). */
  handle = -1;
  /** Byte offset of the present layer's first byte. */
  at = 0;
  /** Byte offset after the present layer's last byte. */
  end = 0;
  /** Flags of the receive descriptor (`RX_...`); what the device is asked to do when it sends the frame (`TX_...`). */
  flags = 0;
  /** With `RX_COALESCED` or `TX_TSO`: bytes of text in each TCP segment but the last. */
  mss = 0;
  /** With a checksum or `TX_TSO` asked for: byte offset of the transport header, and its length in bytes. */
  transportAt = 0;
  transportHeaderLength = 0;
  /** The VLAN tag that the device took out; valid with the flag `RX_VLAN_STRIPPED`. */
  vlanTci = 0;
  /** Byte offset of the network header. */
  networkAt = 0;
  /** Number of the interface that the datagram came in by. */
  interfaceIndex = 0;
  /** How the frame was addressed on the link. */
  linkCast: Cast = Cast.UNICAST;
  /** How the datagram was addressed in IP. */
  networkCast: Cast = Cast.UNICAST;

  /** @param link the link that the frame came from, or is to leave by */
  constructor(public link: PacketLink) {
    this.memory = link.memory;
    this.view = link.memory.view;
  }

  /**
   * Starts a frame in an empty buffer: `[at, end)` are `length` bytes with room for headers before. The caller has
   * seen {@link LinkIo.hasRoom}.
   */
  begin(length: number): void {
    this.handle = this.link.allocate();
    this.at = this.memory.bufferAt(this.handle) + TX_HEADROOM;
    this.end = this.at + length;
    this.flags = 0;
  }

  /**
   * Leaves the checksum of the transport header at `at` to the device, which offers that: its field holds the
   * pseudo-header's sum.
   *
   * @param request `TX_TCP_CHECKSUM` or `TX_UDP_CHECKSUM`
   */
  leaveChecksum(request: number, headerLength: number): void {
    this.flags |= request;
    this.transportAt = this.at;
    this.transportHeaderLength = headerLength;
  }

  /** The buffer becomes the caller's. */
  takeHandle(): number {
    const handle = this.handle;
    this.handle = -1;
    return handle;
  }

  /** The frame has reached a socket or another user. Exactly one of `delivered`, `consumed`, `forwarded`, `drop` for each frame. */
  delivered(): void {
    this.link.counters[LinkCounter.delivered]++;
  }

  /** The stack itself was the receiver: ARP, ICMP. */
  consumed(): void {
    this.link.counters[LinkCounter.consumed]++;
  }

  /** The datagram in it was passed on to another link. */
  forwarded(): void {
    this.link.counters[LinkCounter.forwarded]++;
  }

  /** The frame comes to nothing. */
  drop(reason: DropReason): void {
    this.link.rxDrops[reason]++;
  }
}
