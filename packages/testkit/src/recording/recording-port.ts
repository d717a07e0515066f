import {
  COUNT_SENT,
  COUNT_STATE,
  COUNT_STOCK,
  DESCRIPTOR_WORDS,
  FLAGS,
  LENGTH,
  type LinkListener,
  type LinkPort,
  type LinkQueue,
  MORE,
  OFFSET,
  RSS_HASH,
  RX_COALESCED,
  RX_HASH,
  RX_VLAN_STRIPPED,
  STATE_UP,
  VLAN_AND_MSS,
} from '@lunetta/core';
import { WrappedPort } from '../wrappers/wrapped-port.js';
import { WrappedQueue } from '../wrappers/wrapped-queue.js';
import type { Journal } from './journal.js';
import { toHex } from './recorded-values.js';
import type { PollRecord, PortShape, ShownFrame } from './run-record.js';

/** A frame of a burst: its bytes, and its descriptors from `first` to before `end`. */
interface BurstFrame {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly end: number;
}

/** Writes down every poll that could make a difference to the stack. */
class RecordingQueue extends WrappedQueue {
  private state = STATE_UP;

  constructor(
    inner: LinkQueue,
    private readonly interfaceName: string,
    private readonly journal: Journal,
    private readonly isTimerDue: (nowUs: number) => boolean,
  ) {
    super(inner);
  }

  override poll(txCount: number): number {
    const { counts, stock, journal } = this;
    // Read before the driver gets them: afterwards the buffers are no longer ours to look at.
    const offered = readBurst(this, this.tx, txCount);
    const isShort = counts[COUNT_STOCK] < stock.length;
    const received = this.inner.poll(txCount);
    const state = counts[COUNT_STATE];
    const isQuiet = received === 0 && txCount === 0 && !isShort && counts[COUNT_STOCK] === stock.length;
    const record: PollRecord = { t: journal.lastUs, poll: this.interfaceName };
    if (isQuiet && state === this.state && !this.isTimerDue(journal.lastUs)) {
      journal.noteQuiet(record);
      return received;
    }
    const taken = offered.filter(({ end }) => end <= counts[COUNT_SENT]);
    if (taken.length > 0) record.tx = taken.map(({ bytes }) => toHex(bytes));
    if (taken.length < offered.length) record.left = offered.length - taken.length;
    if (received > 0) record.rx = readBurst(this, this.rx, received).map((frame) => shown(this.rx, frame));
    if (counts[COUNT_STOCK] !== stock.length) record.stock = counts[COUNT_STOCK];
    if (state !== this.state) record.state = this.state = state;
    journal.write(record);
    return received;
  }
}

/** A port whose traffic and events are written down; it owns the inner port. */
export class RecordingPort extends WrappedPort {
  constructor(
    inner: LinkPort,
    private readonly interfaceName: string,
    private readonly journal: Journal,
    isTimerDue: (nowUs: number) => boolean,
  ) {
    super(inner, (queue) => new RecordingQueue(queue, interfaceName, journal, isTimerDue));
  }

  override setListener(listener: LinkListener): void {
    const { journal, interfaceName, inner } = this;
    inner.setListener({
      onWake: (queue) => listener.onWake(queue),
      onEvent: (event) => journal.event(interfaceName, event, inner.mtu, () => listener.onEvent(event)),
    });
  }

  /** What the stack sees of the port beside its traffic. */
  get shape(): PortShape {
    const { inner } = this;
    const { memory, headroom, rx, tx, stock, holdLimit, offloads } = inner.queue(0);
    return {
      port: `${inner.driver}:${inner.device}`,
      mtu: inner.mtu,
      linkState: inner.linkState,
      ...(inner.hardwareAddress && { hardwareAddress: toHex(inner.hardwareAddress) }),
      buffers: memory.bufferCount,
      bufferSize: memory.bufferSize,
      headroom,
      burst: rx.length / DESCRIPTOR_WORDS,
      txCapacity: tx.length / DESCRIPTOR_WORDS,
      stock: stock.length,
      holdLimit,
      offloads,
    };
  }
}

/** Copies the frames of a burst, chains put together. */
export function readBurst({ memory }: LinkQueue, descriptors: Int32Array, count: number): BurstFrame[] {
  const frames: BurstFrame[] = [];
  for (let first = 0; first < count;) {
    let end = first;
    let length = 0;
    do length += descriptors[end * DESCRIPTOR_WORDS + LENGTH];
    while ((descriptors[end++ * DESCRIPTOR_WORDS + FLAGS] & MORE) !== 0 && end < count);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (let d = first * DESCRIPTOR_WORDS; d < end * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      const from = descriptors[d + OFFSET];
      bytes.set(memory.bytes.subarray(from, from + descriptors[d + LENGTH]), at);
      at += descriptors[d + LENGTH];
    }
    frames.push({ bytes, first, end });
    first = end;
  }
  return frames;
}

/** A received frame as it is written: its bytes alone, if that is all there is to it. */
function shown(rx: Int32Array, { bytes, first, end }: BurstFrame): string | ShownFrame {
  const d = first * DESCRIPTOR_WORDS;
  const flags = rx[d + FLAGS] & ~MORE;
  if (flags === 0 && end - first === 1) return toHex(bytes);
  const frame: ShownFrame = { frame: toHex(bytes) };
  if (flags !== 0) frame.flags = flags;
  if (end - first > 1) {
    frame.segments = Array.from({ length: end - first }, (_, i) => rx[(first + i) * DESCRIPTOR_WORDS + LENGTH]);
  }
  if ((flags & (RX_VLAN_STRIPPED | RX_COALESCED)) !== 0) frame.vlan = rx[d + VLAN_AND_MSS];
  if ((flags & RX_HASH) !== 0) frame.hash = rx[d + RSS_HASH];
  return frame;
}
