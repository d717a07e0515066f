import { Spares } from './spares.js';

/** The smallest piece of memory that a ring takes, in bytes. */
const SMALLEST_RING = 2048;

/** Unused pieces are kept for the next ring, up to this share of the limit: making a new one costs the clearing of it. */
const KEPT_SHARE = 1 / 16;

const EMPTY = new Uint8Array(0);

/** A connection whose write has found no memory. */
export interface MemoryWaiter {
  /** There is some again; who still wants it asks again. */
  memoryFreed(): void;
}

/** The memory of all send and receive rings: pieces of a power of two of bytes, limited in all. */
export class RingMemory {
  /** Bytes that rings hold now. */
  usedBytes = 0;
  /** The ring of all who have nothing to put in one; it is never written to. */
  readonly emptyRing = new ByteRing(this);
  private readonly rings = new Spares(() => new ByteRing(this));
  /** Unused pieces by the binary logarithm of their size, and their bytes in all. */
  private readonly kept = Array.from(
    { length: 32 },
    (_, bits) => new Spares<Uint8Array>(() => new Uint8Array(2 ** bits)),
  );
  private keptBytes = 0;
  private readonly waiters = new Set<MemoryWaiter>();

  /** What send rings leave: else two that have written much, and wait for one another, could receive nothing more. */
  readonly receiveShare: number;

  /**
   * @param limit bytes that rings may hold at a time
   * @param wake called when memory comes back that somebody waits for: {@link tellWaiter} is to be called
   */
  constructor(
    private readonly limit: number,
    private readonly wake: () => void = () => undefined,
  ) {
    this.receiveShare = Math.floor(limit / 4);
  }

  /** A piece of `size` bytes, a power of two; undefined if that would not leave `rest` bytes of the limit. */
  take(size: number, rest = 0): Uint8Array | undefined {
    if (this.usedBytes + size > this.limit - rest) return undefined;
    this.usedBytes += size;
    const kept = this.kept[31 - Math.clz32(size)];
    if (kept.size > 0) this.keptBytes -= size;
    return kept.take();
  }

  /** Takes a piece back. */
  give(bytes: Uint8Array): void {
    const size = bytes.length;
    this.usedBytes -= size;
    if (this.waiters.size > 0) this.wake();
    if (size === 0 || this.keptBytes + size > KEPT_SHARE * this.limit) return;
    if (this.kept[31 - Math.clz32(size)].give(bytes)) this.keptBytes += size;
  }

  /** Lends a ring. @param rest bytes of the memory that it leaves to others @param usual what it is likely to need */
  lendRing(rest: number, usual: number): ByteRing {
    const ring = this.rings.take();
    ring.lend(rest, usual);
    return ring;
  }

  /** Takes a ring back, and the memory in it; how many bytes were needed. */
  takeBackRing(ring: ByteRing): number {
    ring.release();
    this.rings.give(ring);
    return ring.usual;
  }

  /** Lets go of what was not used since the last call; true if something is left that is unused. */
  trim(): boolean {
    this.rings.trim();
    for (const [bits, kept] of this.kept.entries()) this.keptBytes -= kept.trim() * 2 ** bits;
    return this.rings.size + this.keptBytes > 0;
  }

  /** Has `waiter` told when there is memory for a ring again; once. */
  waitFor(waiter: MemoryWaiter): void {
    this.waiters.add(waiter);
  }

  /** It no longer waits. */
  stopWaiting(waiter: MemoryWaiter): void {
    this.waiters.delete(waiter);
  }

  /** Tells the writer that has waited longest, if there is memory for its ring; false if there is none, or none waits. */
  tellWaiter(): boolean {
    if (this.waiters.size === 0 || this.usedBytes + SMALLEST_RING > this.limit - this.receiveShare) return false;
    const [waiter] = this.waiters;
    this.waiters.delete(waiter);
    waiter.memoryFreed();
    return true;
  }
}

/**
 * Bytes of a stream in a ring that takes memory only while it holds something: an idle connection has none. The bytes
 * `[0, length)` are there; beyond them whoever receives out of order may write too ({@link write}).
 */
export class ByteRing {
  /** Bytes in it. */
  length = 0;
  private bytes: Uint8Array = EMPTY;
  private head = 0;
  /** The most room that was needed since memory was taken last, and the time before that: so much is taken at once. */
  private peak = 0;
  usual = 0;
  /** Bytes of the memory that it leaves to others. */
  private rest = 0;

  constructor(private readonly memory: RingMemory) {}

  /** Is lent to somebody; see {@link RingMemory.lendRing}. */
  lend(rest: number, usual: number): void {
    this.rest = rest;
    this.usual = usual;
    this.peak = 0;
  }

  /** Bytes of memory taken. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Makes room for `size` bytes in all; false if the memory of all rings is used up. */
  reserve(size: number): boolean {
    if (size > this.peak) this.peak = size;
    if (size <= this.bytes.length) return true;
    const { memory, rest } = this;
    const grown = memory.take(pieceFor(Math.max(size, this.usual)), rest) ?? memory.take(pieceFor(size), rest);
    if (grown === undefined) return false;
    // All of it: what was received out of order lies beyond `length`.
    this.copyOut(0, this.bytes.length, grown, 0);
    this.memory.give(this.bytes);
    this.bytes = grown;
    this.head = 0;
    return true;
  }

  /** Makes room for `size` bytes in all, or for as many as the memory of all rings allows; how many that is. */
  reserveMost(size: number): number {
    for (let piece = pieceFor(size); piece >= SMALLEST_RING && piece > this.bytes.length; piece /= 2) {
      if (this.reserve(Math.min(size, piece))) break;
    }
    return Math.min(size, this.bytes.length);
  }

  /** Writes `source[from, from + length)` at `offset` from the first byte; there is room ({@link reserve}). */
  write(offset: number, source: Uint8Array, from: number, length: number): void {
    const { bytes } = this;
    const at = (this.head + offset) & (bytes.length - 1);
    const first = Math.min(length, bytes.length - at);
    bytes.set(source.subarray(from, from + first), at);
    if (first < length) bytes.set(source.subarray(from + first, from + length), 0);
  }

  /** Copies the bytes `[offset, offset + length)` to `target[targetAt..]`. */
  copyOut(offset: number, length: number, target: Uint8Array, targetAt: number): void {
    const { bytes } = this;
    if (length === 0) return;
    const at = (this.head + offset) & (bytes.length - 1);
    const first = Math.min(length, bytes.length - at);
    target.set(bytes.subarray(at, at + first), targetAt);
    if (first < length) target.set(bytes.subarray(0, length - first), targetAt + first);
  }

  /** The first bytes, as far as they lie in one piece: a view that is valid until the ring changes. */
  peek(): Uint8Array {
    return this.bytes.subarray(this.head, Math.min(this.head + this.length, this.bytes.length));
  }

  /** Takes the first `length` bytes out. */
  drop(length: number): void {
    this.length -= length;
    if (this.bytes.length > 0) this.head = (this.head + length) & (this.bytes.length - 1);
  }

  /** Gives the memory back; what is in it is lost. */
  release(): void {
    this.length = 0;
    this.head = 0;
    if (this.bytes.length === 0) return;
    this.memory.give(this.bytes);
    this.bytes = EMPTY;
    this.usual = this.peak;
    this.peak = 0;
  }
}

/** The size of the piece that holds `size` bytes. */
function pieceFor(size: number): number {
  return size <= SMALLEST_RING ? SMALLEST_RING : 2 ** (32 - Math.clz32(size - 1));
}
