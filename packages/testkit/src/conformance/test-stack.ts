import {
  COUNT_DONE,
  COUNT_FREE,
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  HANDLE,
  LENGTH,
  type LinkEvent,
  type LinkPort,
  type LinkQueue,
  MORE,
  OFFSET,
  TX_KEEP,
} from '@lunetta/core';

/** A received chain's first segment is at least this long, unless it is the whole frame (link contract). */
const MIN_FIRST_SEGMENT = 256;

/**
 * The simplest user of a link, and a strict one: it keeps books of every buffer and checks all that a poll shows.
 * What it finds wrong is thrown at once, or kept in {@link violations} where it cannot be thrown.
 */
export class TestStack {
  readonly queue: LinkQueue;
  /** Frames received and not yet looked at, in order. */
  readonly inbox: Uint8Array[] = [];
  /** Handles that are ours, those in `stock` not counted. */
  readonly held = new Set<number>();
  /** Handles lent with `TX_KEEP`. */
  readonly lent = new Set<number>();
  /** Whether received buffers stay ours until {@link releaseAll}; else they go back in the next poll. */
  holds = false;
  /** Wake-ups so far. */
  wakes = 0;
  /** Events so far. */
  readonly events: LinkEvent[] = [];
  /** Calls that came at a forbidden moment. */
  readonly violations: string[] = [];
  /** Descriptors of frames that wait in `tx`. */
  queued = 0;
  /** Segments of the longest chain received. */
  longestChain = 1;
  private inside: string | undefined;

  constructor(readonly port: LinkPort) {
    this.queue = port.queue(0);
    port.setListener({
      onWake: (queue) => {
        if (this.inside) this.violations.push(`onWake called inside ${this.inside}`);
        if (queue !== 0) this.violations.push(`onWake for queue ${queue}`);
        this.wakes++;
      },
      onEvent: (event) => {
        if (this.inside) this.violations.push(`onEvent called inside ${this.inside}`);
        this.events.push(event);
      },
    });
  }

  /** `counts[COUNT_STATE]`. */
  get state(): number {
    return this.queue.counts[COUNT_STATE];
  }

  /** Asks to be woken. */
  arm(): boolean {
    this.inside = 'arm';
    const armed = this.queue.arm();
    this.inside = undefined;
    return armed;
  }

  /**
   * Sends what is queued and receives a burst into {@link inbox}; what was not sent stays queued.
   *
   * @returns number of descriptors received
   */
  poll(): number {
    const { queue } = this;
    const { counts } = queue;
    const queued = this.queued;
    this.inside = 'poll';
    const received = queue.poll(queued);
    this.inside = undefined;
    const sent = counts[COUNT_SENT];
    require(sent >= 0 && sent <= queued, `${sent} descriptors sent of ${queued}`);
    require(counts[COUNT_FREE] === 0, 'free was not taken');
    this.takeSent(sent, queued);
    for (let i = 0; i < counts[COUNT_DONE]; i++) {
      const handle = queue.done[i];
      require(this.lent.delete(handle), `handle ${handle} in done, which was not lent`);
      this.held.add(handle);
    }
    this.checkStock();
    this.receive(received);
    return received;
  }

  /** Takes an empty buffer out of `stock`; undefined if there is none. */
  takeBuffer(): number | undefined {
    const { counts, stock } = this.queue;
    if (counts[COUNT_STOCK] === 0) return undefined;
    counts[COUNT_STOCK]--;
    const handle = stock[counts[COUNT_STOCK]];
    this.held.add(handle);
    return handle;
  }

  /** Gives a buffer back with the next poll. */
  release(handle: number): void {
    require(this.held.delete(handle), `the test gives back handle ${handle}, which is not its own`);
    this.freeAnyway(handle);
  }

  /** Puts a handle in `free`, whoever it belongs to. */
  freeAnyway(handle: number): void {
    const { counts, free } = this.queue;
    free[counts[COUNT_FREE]] = handle;
    counts[COUNT_FREE]++;
  }

  /** Gives all held buffers back with the next poll. */
  releaseAll(): void {
    for (const handle of [...this.held]) this.release(handle);
  }

  /** Queues a descriptor as it is. */
  queueDescriptor(handle: number, offset: number, length: number, flags = 0): void {
    this.queue.tx.set([handle, offset, length, flags], this.queued++ * DESCRIPTOR_WORDS);
  }

  /**
   * Queues a frame for the next poll, cut into segments at the given places, and wherever a buffer is full.
   *
   * @param flags for every segment
   * @returns the handles used, or undefined if `tx` or the stock is too short (then nothing is queued)
   */
  queueFrame(frame: Uint8Array, cuts: readonly number[] = [], flags = 0): number[] | undefined {
    const { counts, memory, headroom, tx } = this.queue;
    const ends = segmentEnds([...cuts, frame.length], memory.bufferSize - headroom);
    const room = tx.length / DESCRIPTOR_WORDS - this.queued;
    if (counts[COUNT_STOCK] < ends.length || room < ends.length) return undefined;
    return ends.map((end, i) => {
      const segment = frame.subarray(i === 0 ? 0 : ends[i - 1], end);
      const handle = this.takeBuffer() as number;
      const at = memory.bufferAt(handle) + headroom;
      memory.bytes.set(segment, at);
      this.queueDescriptor(handle, at, segment.length, flags | (i < ends.length - 1 ? MORE : 0));
      return handle;
    });
  }

  private takeSent(sent: number, queued: number): void {
    const { tx } = this.queue;
    for (let i = 0; i < sent; i++) {
      const handle = tx[i * DESCRIPTOR_WORDS + HANDLE];
      const kept = (tx[i * DESCRIPTOR_WORDS + FLAGS] & TX_KEEP) !== 0;
      if (this.held.delete(handle) && kept) this.lent.add(handle);
    }
    const last = sent > 0 ? tx[(sent - 1) * DESCRIPTOR_WORDS + FLAGS] : 0;
    require(sent === queued || (last & MORE) === 0, 'a chain was accepted in part');
    tx.copyWithin(0, sent * DESCRIPTOR_WORDS, queued * DESCRIPTOR_WORDS);
    this.queued = queued - sent;
  }

  private checkStock(): void {
    const { counts, stock } = this.queue;
    const count = counts[COUNT_STOCK];
    require(count >= 0 && count <= stock.length, `${count} buffers in stock`);
    const seen = new Set<number>();
    for (const handle of stock.subarray(0, count)) {
      this.checkHandle(handle);
      require(!seen.has(handle), `handle ${handle} is in stock twice`);
      seen.add(handle);
    }
  }

  private receive(count: number): void {
    const { rx } = this.queue;
    require(Number.isInteger(count) && count >= 0 && count * DESCRIPTOR_WORDS <= rx.length, `poll returned ${count}`);
    for (let at = 0; at < count;) at = this.receiveFrame(at, count);
  }

  /** @returns the descriptor after the frame */
  private receiveFrame(first: number, count: number): number {
    const { rx, memory, headroom } = this.queue;
    const pieces: Uint8Array[] = [];
    let flags = MORE;
    let at = first;
    for (; (flags & MORE) !== 0; at++) {
      require(at < count, 'a chain goes on beyond the burst');
      const base = at * DESCRIPTOR_WORDS;
      const handle = rx[base + HANDLE];
      const offset = rx[base + OFFSET];
      const length = rx[base + LENGTH];
      flags = rx[base + FLAGS];
      require(flags >= 0, 'bit 31 of a descriptor is set');
      this.checkHandle(handle);
      const inBuffer = offset - memory.bufferAt(handle);
      const room = at === first ? headroom : 0;
      require(inBuffer >= room, `a segment starts ${inBuffer} bytes into its buffer, less than ${room}`);
      require(length > 0 && inBuffer + length <= memory.bufferSize, `a segment of ${length} bytes at ${inBuffer}`);
      pieces.push(memory.bytes.slice(offset, offset + length));
      this.held.add(handle);
      if (!this.holds) this.release(handle);
    }
    this.longestChain = Math.max(this.longestChain, pieces.length);
    const frame = concatenated(pieces);
    if (pieces.length > 1) {
      const firstLength = pieces[0].length;
      require(firstLength >= MIN_FIRST_SEGMENT, `the first segment of a chain has ${firstLength} bytes`);
      const stated = rx[first * DESCRIPTOR_WORDS + FRAME_LENGTH];
      require(stated === frame.length, `a chain of ${frame.length} bytes says ${stated}`);
    }
    this.inbox.push(frame);
    return at;
  }

  private checkHandle(handle: number): void {
    require(handle >= 0 && handle < this.queue.memory.bufferCount, `there is no handle ${handle}`);
    require(!this.held.has(handle) && !this.lent.has(handle), `handle ${handle} was ours already`);
  }
}

function require(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new Error(`the driver broke the link contract: ${wrong}`);
}

/** Where segments end that end at all of `ends` and hold at most `capacity` bytes. */
function segmentEnds(ends: readonly number[], capacity: number): number[] {
  const all: number[] = [];
  for (const end of ends) {
    while (end - (all.at(-1) ?? 0) > capacity) all.push((all.at(-1) ?? 0) + capacity);
    all.push(end);
  }
  return all;
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
