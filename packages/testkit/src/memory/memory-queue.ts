import {
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  HANDLE,
  LENGTH,
  MORE,
  OFFSET,
  OWNER_DEVICE,
  PooledQueue,
  type PooledQueueParts,
  RX_COALESCED,
  STATE_GONE,
  STATE_UP,
  VLAN_AND_MSS,
} from '@lunetta/core';
import { DROP_RX_CLOSED, DROP_RX_LINK_DOWN, DROP_TX_LINK_DOWN, DROP_TX_QUEUE_FULL } from './drop-names.js';
import type { Receiver } from './receiver.js';

/** What a {@link MemoryQueue} is made of. */
export interface MemoryQueueParts extends Omit<PooledQueueParts, 'headroom' | 'burst'> {
  /** What is on its way to us. */
  readonly inbound: Receiver;
  /** The far end's. */
  readonly outbound: Receiver;
  /** Whether a full cable makes frames wait with the stack; else it loses them. */
  readonly waitsWhenFull: boolean;
}

/** One end of the cable: the hot part of the memory link. */
export class MemoryQueue extends PooledQueue {
  private readonly inbound: Receiver;
  private readonly outbound: Receiver;
  private readonly waitsWhenFull: boolean;

  constructor(parts: MemoryQueueParts) {
    const { inbound } = parts;
    super({ ...parts, headroom: inbound.headroom, burst: inbound.burst });
    this.inbound = inbound;
    this.outbound = parts.outbound;
    this.waitsWhenFull = parts.waitsWhenFull;
  }

  arm(): boolean {
    return this.state !== STATE_GONE && this.waker.arm(this.inbound.count > 0);
  }

  /** Sets what `counts[COUNT_STATE]` will say; what is under way to us is lost unless the link is up. */
  setState(state: number): void {
    this.state = state;
    if (state !== STATE_UP) this.counters.dropped[DROP_RX_LINK_DOWN] += this.inbound.clear();
  }

  protected closeWire(): void {
    this.counters.dropped[DROP_RX_CLOSED] += this.inbound.clear();
    this.inbound.closed = true;
  }

  protected send(count: number): number {
    const { check, outbound, pool, tx, counters } = this;
    const underWay = outbound.count;
    let frames = 0;
    let bytes = 0;
    let at = 0;
    const carries = this.state === STATE_UP && !outbound.closed;
    while (at < count) {
      if (carries) {
        const taken = outbound.takeByHandle(pool, tx, at, count, this.me, check.maxFrameLength) - at;
        frames += taken;
        bytes += outbound.bytesTaken;
        at += taken;
        if (at === count) break;
      }
      const end = check.frame(at, count);
      if (!check.good) {
        this.release(at, end);
      } else if (!carries) {
        counters.dropped[DROP_TX_LINK_DOWN]++;
        this.release(at, end);
      } else if (outbound.hasRoomFor(check.frameLength)) {
        // Sent, whatever becomes of it: a receiver without a buffer counts it as lost there.
        outbound.takeCopy(tx, at, check.frameLength);
        frames++;
        bytes += check.frameLength;
        this.release(at, end);
      } else if (this.waitsWhenFull) {
        check.undo(at, end);
        break;
      } else {
        counters.dropped[DROP_TX_QUEUE_FULL]++;
        this.release(at, end);
      }
      at = end;
    }
    counters.txFrames += frames;
    counters.txBytes += bytes;
    if (outbound.count > underWay) outbound.arrived();
    return at;
  }

  protected receive(): number {
    if (this.inbound.count === 0) return 0;
    const { wire } = this.inbound;
    const { ring, mask, head } = wire;
    const { rx } = this;
    const { me } = this;
    const { owner } = this.pool;
    const count = Math.min(wire.count, this.rxCapacity);
    let whole = 0;
    let frames = 0;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const from = ((head + i) & mask) * DESCRIPTOR_WORDS;
      const to = i * DESCRIPTOR_WORDS;
      const handle = ring[from + HANDLE];
      const flags = ring[from + FLAGS];
      rx[to + HANDLE] = handle;
      rx[to + OFFSET] = ring[from + OFFSET];
      rx[to + LENGTH] = ring[from + LENGTH];
      rx[to + FLAGS] = flags;
      rx[to + FRAME_LENGTH] = ring[from + FRAME_LENGTH];
      if ((flags & RX_COALESCED) !== 0) rx[to + VLAN_AND_MSS] = ring[from + VLAN_AND_MSS];
      owner[handle] = me;
      if ((flags & MORE) === 0) {
        whole = i + 1;
        frames++;
        bytes += ring[from + FRAME_LENGTH];
      }
    }
    // The chain at the end that the burst would split stays on the wire.
    for (let i = whole; i < count; i++) owner[rx[i * DESCRIPTOR_WORDS + HANDLE]] = OWNER_DEVICE;
    wire.drop(whole);
    this.counters.rxFrames += frames;
    this.counters.rxBytes += bytes;
    return whole;
  }
}
