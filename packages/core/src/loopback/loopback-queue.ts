import {
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  MORE,
  OFFSET,
  RX_IP_CHECKSUM_GOOD,
  RX_L4_CHECKSUM_GOOD,
  TX_KEEP,
} from '../link/descriptor.js';
import { STATE_UP } from '../link/link-driver.js';
import { OWNER_CHECKED, OWNER_DEVICE } from '../link/pool/frame-pool.js';
import { PooledQueue } from '../link/pool/pooled-queue.js';

/** Why a frame is lost. */
export const LOOPBACK_DROP_NAMES = ['noBuffer'] as const;
const DROP_NO_BUFFER = 0;
/** What was never on a wire needs no checking. */
const RX_GOOD = RX_IP_CHECKSUM_GOOD | RX_L4_CHECKSUM_GOOD;

/** What goes out comes in, in the same buffer; a chain, or what the stack only lends, in a copy. */
export class LoopbackQueue extends PooledQueue {
  /** Handle, offset and length of each frame under way, in the order of sending: one for each buffer at most. */
  private readonly ring = new Int32Array(3 * this.memory.bufferCount);
  private first = 0;
  private count = 0;

  arm(): boolean {
    return this.waker.arm(this.count > 0);
  }

  protected send(count: number): number {
    const { check, counters } = this;
    for (let at = 0; at < count;) {
      const end = check.frame(at, count);
      if (!check.good) {
        this.release(at, end);
      } else {
        counters.txFrames++;
        counters.txBytes += check.frameLength;
        this.take(at, end);
      }
      at = end;
    }
    return count;
  }

  protected receive(): number {
    const { rx, ring, pool, counters } = this;
    const received = Math.min(this.count, this.rxCapacity);
    for (let i = 0; i < received; i++) {
      const from = 3 * this.first;
      const to = i * DESCRIPTOR_WORDS;
      rx[to + HANDLE] = ring[from]!;
      rx[to + OFFSET] = ring[from + 1]!;
      rx[to + LENGTH] = ring[from + 2]!;
      rx[to + FLAGS] = RX_GOOD;
      pool.owner[ring[from]] = this.me;
      counters.rxBytes += ring[from + 2];
      this.first = (this.first + 1) % this.memory.bufferCount;
    }
    this.count -= received;
    counters.rxFrames += received;
    return received;
  }

  protected closeWire(): void {
    for (; this.count > 0; this.count--) {
      this.pool.give(this.ring[3 * this.first]);
      this.first = (this.first + 1) % this.memory.bufferCount;
    }
  }

  private take(at: number, end: number): void {
    const d = at * DESCRIPTOR_WORDS;
    const { tx, pool } = this;
    const handle = tx[d + HANDLE];
    if ((tx[d + FLAGS] & (MORE | TX_KEEP)) === 0 && pool.owner[handle] === OWNER_CHECKED) {
      pool.owner[handle] = OWNER_DEVICE;
      return this.push(handle, tx[d + OFFSET], tx[d + LENGTH]);
    }
    const copy = pool.take(OWNER_DEVICE);
    if (copy < 0) this.counters.dropped[DROP_NO_BUFFER]++;
    else this.push(copy, this.memory.bufferAt(copy), this.copyTo(this.memory.bufferAt(copy), at, end));
    this.release(at, end);
  }

  /** Copies the segments of a frame to `targetAt`; their length. */
  private copyTo(targetAt: number, at: number, end: number): number {
    const { tx, memory } = this;
    let length = 0;
    for (let d = at * DESCRIPTOR_WORDS; d < end * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      memory.bytes.copyWithin(targetAt + length, tx[d + OFFSET], tx[d + OFFSET] + tx[d + LENGTH]);
      length += tx[d + LENGTH];
    }
    return length;
  }

  private push(handle: number, at: number, length: number): void {
    const to = 3 * ((this.first + this.count) % this.memory.bufferCount);
    this.ring[to] = handle;
    this.ring[to + 1] = at;
    this.ring[to + 2] = length;
    this.count++;
    if (this.state === STATE_UP) this.waker.arrived();
  }
}
