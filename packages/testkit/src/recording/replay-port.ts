import {
  COUNT_DONE,
  COUNT_SENT,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  FrameMemory,
  FramePool,
  HANDLE,
  LENGTH,
  type LinkListener,
  type LinkPort,
  type LinkState,
  type LinkStatistics,
  MORE,
  OFFSET,
  OWNER_STACK,
  PooledQueue,
  PortCounters,
  RSS_HASH,
  VLAN_AND_MSS,
  Waker,
} from '@lunetta/core';
import { frameDifference } from './frame-difference.js';
import { readBurst } from './recording-port.js';
import { fromHex, toHex } from './recorded-values.js';
import type { LinkEventRecord, PollRecord, PortShape, ShownFrame } from './run-record.js';
import type { RunScript } from './run-script.js';

/** The longest frame there is: an IPv4 datagram with an Ethernet header and a VLAN tag. */
const LARGEST_FRAME = 65_535 + 18;

/** A link in memory that shows the frames of a recording, poll by poll, and compares what the stack sends. */
class ReplayQueue extends PooledQueue {
  /** Of the poll that is under way. */
  private record: PollRecord | undefined = undefined;

  constructor(
    shape: PortShape,
    counters: PortCounters,
    private readonly interfaceName: string,
    private readonly script: RunScript,
  ) {
    const { buffers, bufferSize } = shape;
    const memory = new FrameMemory(new ArrayBuffer(buffers * bufferSize), 0, bufferSize, bufferSize, buffers);
    super({
      ...shape,
      pool: new FramePool(memory, true),
      owner: OWNER_STACK,
      counters,
      waker: new Waker('none', { nextTurn: () => undefined }, () => undefined),
      wakeup: 'edge', // the stack polls once more after arming, as it may have in the recorded run
      stockCapacity: shape.stock,
      keepPolls: 0,
    });
    this.setMaxFrameLength(LARGEST_FRAME);
  }

  override poll(txCount: number): number {
    const { script, counts } = this;
    if (script.next === undefined) return super.poll(txCount);
    const record = script.pollOf(this.interfaceName);
    if (record === undefined) {
      // Nothing was recorded of it: as if it had not been. What waits to be sent waits on.
      counts[COUNT_SENT] = counts[COUNT_DONE] = 0;
      return 0;
    }
    this.compareSent(record, txCount);
    if (script.next === undefined) return super.poll(txCount);
    script.pass();
    this.record = record;
    this.state = record.state ?? this.state;
    const received = super.poll(txCount);
    this.record = undefined;
    this.limitStock(record.stock);
    return received;
  }

  arm(): boolean {
    return true; // the replay knows when to poll
  }

  protected send(count: number): number {
    let room = this.record === undefined ? Infinity : (this.record.tx ?? []).length;
    let at = 0;
    for (; at < count && room > 0; room--) {
      const end = this.check.frame(at, count);
      this.release(at, end);
      at = end;
    }
    return at;
  }

  protected receive(): number {
    let count = 0;
    for (const frame of this.record?.rx ?? []) {
      count = this.show(typeof frame === 'string' ? { frame } : frame, count);
    }
    return count;
  }

  protected closeWire(): void {
    // Nothing is ever under way.
  }

  /** Shows a frame from descriptor `first` on; the descriptor after it. */
  private show(shown: ShownFrame, first: number): number {
    const { rx, memory, headroom, pool, script } = this;
    const bytes = fromHex(shown.frame);
    const lengths = shown.segments ?? [bytes.length];
    if (lengths.length > pool.available || (first + lengths.length) * DESCRIPTOR_WORDS > rx.length) {
      script.differ(`no buffer is left for a received frame; the stack holds ${pool.count(this.me)}`);
      return first;
    }
    let from = 0;
    for (const [i, length] of lengths.entries()) {
      const handle = pool.take(this.me);
      const at = memory.bufferAt(handle) + headroom;
      const d = (first + i) * DESCRIPTOR_WORDS;
      memory.bytes.set(bytes.subarray(from, from + Math.min(length, memory.bufferSize - headroom)), at);
      from += length;
      rx[d + HANDLE] = handle;
      rx[d + OFFSET] = at;
      rx[d + LENGTH] = length;
      rx[d + FLAGS] = (shown.flags ?? 0) | (i < lengths.length - 1 ? MORE : 0);
      rx[d + FRAME_LENGTH] = bytes.length;
      rx[d + VLAN_AND_MSS] = shown.vlan ?? 0;
      rx[d + RSS_HASH] = shown.hash ?? 0;
    }
    return first + lengths.length;
  }

  /** Takes back what the recorded driver had no buffers for. */
  private limitStock(limit = Infinity): void {
    const { counts, stock, pool } = this;
    while (counts[COUNT_STOCK] > limit) pool.give(stock[--counts[COUNT_STOCK]]);
  }

  private compareSent(record: PollRecord, txCount: number): void {
    const { tx: sent = [], left = 0 } = record;
    const offered = readBurst(this, this.tx, txCount);
    for (const [i, expected] of sent.entries()) {
      const frame = offered[i];
      if (frame !== undefined && toHex(frame.bytes) === expected) continue;
      this.script.differ(frameDifference(this.interfaceName, fromHex(expected), frame?.bytes));
      return;
    }
    if (offered.length === sent.length + left) return;
    const extra = offered[sent.length + left];
    if (extra !== undefined) this.script.differ(frameDifference(this.interfaceName, undefined, extra.bytes));
    else
      this.script.differ(
        `${this.interfaceName}: ${left} more frames waited to be sent, now ${offered.length - sent.length}`,
      );
  }
}

/** The port of a recorded interface, in memory. */
export class ReplayPort implements LinkPort {
  readonly driver = 'replay';
  readonly device: string;
  readonly hardwareAddress: Uint8Array | undefined;
  readonly queueCount = 1;
  mtu: number;
  linkState: LinkState;
  private readonly counters = new PortCounters([]);
  private readonly onlyQueue: ReplayQueue;
  private listener: LinkListener | undefined = undefined;

  /** @param name the interface's */
  constructor(
    shape: PortShape,
    readonly name: string,
    script: RunScript,
  ) {
    this.device = shape.port;
    this.hardwareAddress = shape.hardwareAddress === undefined ? undefined : fromHex(shape.hardwareAddress);
    this.mtu = shape.mtu;
    this.linkState = shape.linkState;
    this.onlyQueue = new ReplayQueue(shape, this.counters, name, script);
  }

  queue(): ReplayQueue {
    return this.onlyQueue;
  }

  setListener(listener: LinkListener): void {
    this.listener = listener;
  }

  setMulticastList(): void {
    // What was received is known already.
  }

  statistics(): LinkStatistics {
    return this.counters.statistics();
  }

  close(): Promise<void> {
    this.onlyQueue.close();
    return Promise.resolve();
  }

  /** Has the stack poll. */
  wake(): void {
    this.listener?.onWake(0);
  }

  /** A recorded event happens again. */
  tell({ is, mtu }: LinkEventRecord): void {
    this.mtu = mtu;
    if (is !== 'mtu') this.linkState = is;
    this.listener?.onEvent(is);
  }
}
