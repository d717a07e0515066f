import { DropReason } from '../link/drop-reason.js';
import type { LinkIo } from '../link/link-io.js';
import type { Packet } from '../link/packet.js';
import type { ArpLimits } from './arp-limits.js';
import type { Neighbour, PendingFrame } from './neighbour.js';

/**
 * The frames of a link that wait for ARP. Each limit gives way to the newest frame: for one address its oldest goes,
 * in all the one that waits longest.
 */
export class PendingFrames {
  /** All frames that wait, in the order of their coming. */
  private readonly waiting = new Set<PendingFrame>();

  constructor(
    private readonly io: LinkIo,
    private readonly limits: ArpLimits,
  ) {}

  /** Number of frames that wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** Keeps the datagram `[packet.at, packet.end)` for `neighbour`; takes the buffer in any case. */
  add(packet: Packet, neighbour: Neighbour): void {
    if (neighbour.pending.length >= this.limits.maxPendingPerNeighbour) {
      this.drop(neighbour.pending[0], DropReason['arp.pendingFull']);
    } else if (this.waiting.size >= this.limits.maxPending) {
      this.dropOldest();
    }
    if (!this.io.hold()) {
      this.dropOldest();
      if (!this.io.hold()) {
        this.io.release(packet.takeHandle());
        this.io.txDrops[DropReason['arp.pendingFull']]++;
        return;
      }
    }
    const { at, end, flags, mss, transportAt, transportHeaderLength } = packet;
    const handle = packet.takeHandle();
    const frame = { neighbour, handle, at, end, flags, mss, transportAt, transportHeaderLength };
    neighbour.pending.push(frame);
    this.waiting.add(frame);
  }

  /** Takes a frame out; its buffer is the caller's. */
  take(frame: PendingFrame): void {
    const { pending } = frame.neighbour;
    pending.splice(pending.indexOf(frame), 1);
    this.waiting.delete(frame);
    this.io.unhold();
  }

  /** Takes a frame out, gives its buffer back and counts why. */
  drop(frame: PendingFrame, reason: DropReason): void {
    this.take(frame);
    this.io.release(frame.handle);
    this.io.txDrops[reason]++;
  }

  private dropOldest(): void {
    for (const oldest of this.waiting) return this.drop(oldest, DropReason['arp.pendingFull']);
  }
}
