import { afterEach } from '@jest/globals';
import type { LinkEvent, LinkQueue } from '@lunetta/core';
import { COUNT_DONE, COUNT_FREE, COUNT_STOCK, DESCRIPTOR_WORDS, LENGTH, MORE, OFFSET, HANDLE } from '@lunetta/core';
import { TapDriver, tapOptionsSchema, type TapPort } from '../../src/index.js';
import { Netns, PacketPeer } from '@lunetta/testkit/jest';

/** EtherType for local experiments (IEEE 802): nobody in the kernel answers it. */
const TEST_TYPE = 0x88b5;
const PATIENCE_MS = 5000;

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) await cleanUp();
});

/** Has something done after the test, also if it fails; the last one first. */
export function atEnd(cleanUp: () => void | Promise<void>): void {
  cleanUps.push(cleanUp);
}

export function makeNetns(): Netns {
  const netns = new Netns();
  atEnd(() => netns.remove());
  return netns;
}

export async function makePeer(netns: Netns, device = 'lun0'): Promise<PacketPeer> {
  const peer = await PacketPeer.open(netns.name, device);
  atEnd(() => peer.close());
  return peer;
}

/** Opens a TAP device, `lun0` and up if not said otherwise; closed at the end of the test. */
export async function openTap(netns: Netns, options: object = {}, request: { mtu?: number } = {}): Promise<Tap> {
  const parsed = tapOptionsSchema.parse({ netns: netns.name, up: true, ...options });
  const port = await new TapDriver().open(parsed, { interfaceName: 'lan', ...request });
  atEnd(() => port.close());
  return new Tap(port);
}

/** A frame for everybody, whose payload counts up from `tag`. */
export function testFrame(length: number, tag = 0): Uint8Array {
  const frame = new Uint8Array(length).map((_, at) => tag + at);
  frame.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 7, TEST_TYPE >> 8, TEST_TYPE & 0xff]);
  return frame;
}

export function isTestFrame(frame: Uint8Array): boolean {
  return frame[12] === TEST_TYPE >> 8 && frame[13] === (TEST_TYPE & 0xff);
}

/**
 * Turns the event loop, for what is not to happen: whatever the kernel has had to tell before, a frame that waits or a
 * change of the link, the loop has told by then.
 */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns the event loop until `met`. */
export async function until(met: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!met()) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** An open port in the hands of a test: it writes descriptors as a stack would, or as no stack should. */
export class Tap {
  readonly queue: LinkQueue;
  readonly events: LinkEvent[] = [];
  readonly inbox: Uint8Array[] = [];
  wakes = 0;

  constructor(readonly port: TapPort) {
    this.queue = port.queue(0);
    port.setListener({ onWake: () => this.wakes++, onEvent: (event) => this.events.push(event) });
    this.queue.poll(0);
  }

  /** Takes a buffer out of stock; polls if there is none. */
  take(): number {
    const { counts, stock } = this.queue;
    const left = counts[COUNT_STOCK] - 1;
    if (left < 0) throw new Error('the stock is empty');
    counts[COUNT_STOCK] = left;
    return stock[left];
  }

  /** Takes a buffer, fills it, and returns its handle and where the bytes begin. */
  fill(bytes: Uint8Array): { handle: number; at: number } {
    const handle = this.take();
    const at = this.queue.memory.bufferAt(handle) + this.queue.headroom;
    this.queue.memory.bytes.set(bytes, at);
    return { handle, at };
  }

  describe(index: number, handle: number, offset: number, length: number, flags = 0): void {
    this.queue.tx.set([handle, offset, length, flags], index * DESCRIPTOR_WORDS);
  }

  /** Sends one frame cut into the given segments, in one poll; returns the handles used. */
  send(segments: Uint8Array[], flags = 0): number[] {
    const handles = segments.map((bytes, i) => {
      const { handle, at } = this.fill(bytes);
      this.describe(i, handle, at, bytes.length, flags | (i < segments.length - 1 ? MORE : 0));
      return handle;
    });
    this.poll(segments.length);
    return handles;
  }

  /** Hands buffers back with the next poll. */
  free(...handles: number[]): void {
    const { counts, free } = this.queue;
    for (const handle of handles) {
      free[counts[COUNT_FREE]] = handle;
      counts[COUNT_FREE] = counts[COUNT_FREE] + 1;
    }
  }

  done(): number[] {
    return [...this.queue.done.subarray(0, this.queue.counts[COUNT_DONE])];
  }

  /** One poll; what it receives is kept in the inbox, and its buffers go back with the next poll. */
  poll(txCount = 0): void {
    const { queue } = this;
    const count = queue.poll(txCount);
    for (let i = 0; i < count; i++) {
      const descriptor = queue.rx.subarray(i * DESCRIPTOR_WORDS, (i + 1) * DESCRIPTOR_WORDS);
      const at = descriptor[OFFSET];
      this.free(descriptor[HANDLE]);
      this.inbox.push(queue.memory.bytes.slice(at, at + descriptor[LENGTH]));
    }
  }

  /** Polls once and returns the frames received by now. */
  receive(): Uint8Array[] {
    this.poll();
    return this.inbox.splice(0);
  }

  /** Polls until `count` test frames came. */
  async received(count: number): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    await until(() => {
      frames.push(...this.receive().filter(isTestFrame));
      return frames.length >= count;
    }, `${count} frames`);
    return frames;
  }

  get refused(): Readonly<Record<string, number>> {
    return nonZero(this.port.statistics().refused);
  }

  get dropped(): Readonly<Record<string, number>> {
    return nonZero(this.port.statistics().dropped);
  }
}

function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
