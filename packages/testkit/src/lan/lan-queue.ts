import {
  DESCRIPTOR_WORDS,
  FRAME_LENGTH,
  HANDLE,
  LENGTH,
  OFFSET,
  OWNER_DEVICE,
  PooledQueue,
  type PooledQueueParts,
  STATE_DOWN,
  STATE_GONE,
  STATE_UP,
} from '@lunetta/core';
import { Wire } from '../memory/wire.js';
import { finish } from './frame-finisher.js';

// Why a network card has lost a frame; indices into LAN_DROP_NAMES.
/** More frames wait for the stack than the ring holds. */
const DROP_RX_RING_FULL = 0;
/** No empty buffer. */
const DROP_RX_NO_BUFFER = 1;
/** Longer than a buffer. */
const DROP_RX_TOO_LONG = 2;
/** It waited for the stack when the link went down. */
const DROP_RX_LINK_DOWN = 3;
/** It waited for the stack, or came, when the port was closed. */
const DROP_RX_CLOSED = 4;
/** Sent while no cable was plugged in. */
const DROP_TX_LINK_DOWN = 5;
export const LAN_DROP_NAMES = [
  'rxRingFull',
  'rxNoBuffer',
  'rxTooLong',
  'rxLinkDown',
  'rxClosed',
  'txLinkDown',
] as const;

/** The shortest frame on an Ethernet without its frame check sequence. IEEE 802.3 clause 4A.4.2 (minFrameSize). */
const MIN_WIRE_LENGTH = 60;

/** What a {@link LanQueue} is made of. */
export interface LanQueueParts extends PooledQueueParts {
  /** Frames that may wait for the stack, a power of two. */
  readonly ring: number;
  /** Puts a frame on the cable, which keeps it. */
  readonly transmit: (frame: Uint8Array) => void;
}

/** The network card of a host on a virtual LAN: frames are copied between its memory and the cable. */
export class LanQueue extends PooledQueue {
  private readonly inbound: Wire;
  private isClosed = false;
  /** Frames on the cable beside those of the stack: it cuts long ones up. */
  cutOff = 0;

  constructor(private readonly parts: LanQueueParts) {
    super(parts);
    this.inbound = new Wire(parts.ring);
    this.state = STATE_DOWN;
  }

  /** Frames that wait for the stack. */
  get waiting(): number {
    return this.inbound.count;
  }

  arm(): boolean {
    return this.state !== STATE_GONE && this.waker.arm(this.inbound.count > 0);
  }

  /** Sets what `counts[COUNT_STATE]` will say; what waits for the stack is lost unless the link is up. */
  setState(state: number): void {
    this.state = state;
    if (state !== STATE_UP) this.counters.dropped[DROP_RX_LINK_DOWN] += this.clear();
  }

  /** A frame has come out of the cable. */
  arrived(frame: Uint8Array): void {
    const lostBy = this.keep(frame);
    if (lostBy !== undefined) this.counters.dropped[lostBy]++;
    else this.waker.arrived();
  }

  protected send(count: number): number {
    const { check, counters } = this;
    for (let at = 0; at < count;) {
      const end = check.frame(at, count);
      if (check.good && this.state !== STATE_UP) counters.dropped[DROP_TX_LINK_DOWN]++;
      if (check.good && this.state === STATE_UP) {
        counters.txFrames++;
        counters.txBytes += check.frameLength;
        this.transmit(this.copy(at, end, check.frameLength), at);
      }
      this.release(at, end);
      at = end;
    }
    return count;
  }

  protected receive(): number {
    const { inbound, rx, pool, counters } = this;
    const count = Math.min(inbound.count, this.rxCapacity);
    for (let i = 0; i < count; i++) {
      const from = ((inbound.head + i) & inbound.mask) * DESCRIPTOR_WORDS;
      const to = i * DESCRIPTOR_WORDS;
      for (let word = HANDLE; word <= FRAME_LENGTH; word++) rx[to + word] = inbound.ring[from + word];
      pool.owner[rx[to + HANDLE]] = this.me;
      counters.rxBytes += rx[to + LENGTH];
    }
    counters.rxFrames += count;
    inbound.drop(count);
    return count;
  }

  protected closeWire(): void {
    this.counters.dropped[DROP_RX_CLOSED] += this.clear();
    this.isClosed = true;
  }

  /** Puts a frame on the cable with what descriptor `index` asks for, padded with zeros as an Ethernet has it. */
  private transmit(frame: Uint8Array, index: number): void {
    const finished = finish(frame, this.tx, index);
    this.cutOff += finished.length - 1;
    for (const each of finished) this.parts.transmit(padded(each));
  }

  /** The frame in descriptors `at .. end - 1`. */
  private copy(at: number, end: number, frameLength: number): Uint8Array {
    const { tx, memory } = this;
    const frame = new Uint8Array(frameLength);
    for (let i = at, filled = 0; i < end; i++) {
      const offset = tx[i * DESCRIPTOR_WORDS + OFFSET];
      const length = tx[i * DESCRIPTOR_WORDS + LENGTH];
      frame.set(memory.bytes.subarray(offset, offset + length), filled);
      filled += length;
    }
    return frame;
  }

  /** Copies a frame into a buffer, where it waits for the stack; or why it is lost. */
  private keep(frame: Uint8Array): number | undefined {
    const { inbound, pool, headroom } = this;
    if (this.isClosed) return DROP_RX_CLOSED;
    if (frame.length > this.memory.bufferSize - headroom) return DROP_RX_TOO_LONG;
    if (inbound.room === 0) return DROP_RX_RING_FULL;
    const handle = pool.take(OWNER_DEVICE);
    if (handle < 0) return DROP_RX_NO_BUFFER;
    const offset = pool.memory.bufferAt(handle) + headroom;
    pool.memory.bytes.set(frame, offset);
    inbound.push(handle, offset, frame.length, 0, frame.length);
    return undefined;
  }

  /** Takes back the buffers of what waits for the stack; the number of frames lost. */
  private clear(): number {
    const { inbound, pool } = this;
    const { count } = inbound;
    for (let i = 0; i < count; i++) pool.give(inbound.ring[((inbound.head + i) & inbound.mask) * DESCRIPTOR_WORDS]);
    inbound.drop(count);
    return count;
  }
}

function padded(frame: Uint8Array): Uint8Array {
  if (frame.length >= MIN_WIRE_LENGTH) return frame;
  const whole = new Uint8Array(MIN_WIRE_LENGTH);
  whole.set(frame);
  return whole;
}
