import { expect } from '@jest/globals';
import type { LinkPort, LinkQueue, LinkStatistics } from '@lunetta/core';
import type { FarEnd, LinkDriverSetup, LinkFixture } from './link-fixture.js';
import { isTestFrame, padded } from './test-frame.js';
import { TestStack } from './test-stack.js';

/** What is expected of a driver, all of it said. */
export type Expectations = Required<Omit<LinkDriverSetup, 'open'>>;

/** An opened link with a {@link TestStack} on it, and the ways in which tests wait. */
export class LinkUnderTest {
  readonly port: LinkPort;
  readonly queue: LinkQueue;
  readonly stack: TestStack;
  readonly peer: FarEnd;

  constructor(
    readonly fixture: LinkFixture,
    readonly expected: Expectations,
  ) {
    this.port = fixture.port;
    this.peer = fixture.peer;
    this.stack = new TestStack(fixture.port);
    this.queue = this.stack.queue;
  }

  /** Waits until `met`, at most as long as the set-up's patience. */
  async until(met: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
    const deadline = Date.now() + this.expected.patienceMs;
    for (let tries = 0; !(await met()); tries++) {
      if (Date.now() > deadline)
        throw new Error(
          `waited ${this.expected.patienceMs} ms in vain for ${typeof what === 'string' ? what : what()}`,
        );
      // The first turns cost nothing; afterwards leave the processor to whoever is to answer.
      await (tries < 50 ? turn() : pause(1));
    }
  }

  /**
   * For what is *not* to happen: all that the far end has sent is on the wire, and then the event loop turns. What it was
   * to tell of it, it has told by then.
   */
  async quiet(): Promise<void> {
    await this.peer.flush?.();
    for (let i = 0; i < 5; i++) await turn();
  }

  /** Has the far end put a frame on the wire. */
  async sendFromPeer(frame: Uint8Array): Promise<void> {
    await this.until(() => this.peer.send(frame), 'room on the wire');
  }

  /** Polls until `count` of the suite's frames are there and takes them out of the inbox. */
  async received(count: number): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    await this.until(
      () => {
        if (frames.length < count) this.stack.poll();
        for (const frame of this.stack.inbox.splice(0)) if (isTestFrame(frame)) frames.push(frame);
        return frames.length >= count;
      },
      () => `${count} frames, of which ${frames.length} came`,
    );
    return frames;
  }

  /** Takes `count` of the suite's frames at the far end, our side polling on. */
  async receivedByPeer(count: number): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    await this.until(
      async () => {
        this.stack.poll();
        for (let frame = await this.peer.receive(); frame; frame = await this.peer.receive()) {
          if (isTestFrame(frame)) frames.push(frame);
        }
        return frames.length >= count;
      },
      () => `${count} frames at the far end, of which ${frames.length} came`,
    );
    return frames;
  }

  /** Queues a frame and polls until it is sent. */
  async send(frame: Uint8Array, cuts: readonly number[] = [], flags = 0): Promise<number[]> {
    let handles: number[] | undefined;
    await this.until(() => {
      handles = this.stack.queueFrame(frame, cuts, flags);
      this.stack.poll();
      return handles !== undefined;
    }, 'a buffer and room to send');
    await this.until(() => this.stack.queued === 0 || this.stack.poll() < 0, 'the frame to be accepted');
    return handles as number[];
  }

  /** `frame` as this medium delivers it. */
  onWire(frame: Uint8Array): Uint8Array {
    return padded(frame, this.expected.paddedTo);
  }

  /** Sum of all that was refused. */
  refused(): number {
    return sum(this.port.statistics().refused);
  }

  /** Sum of all that was dropped. */
  dropped(): number {
    return sum(this.port.statistics().dropped);
  }

  /** Checks that every buffer is somewhere. */
  expectConserved(): void {
    const { size, available, inUse, device } = this.queue.audit();
    expect(available + inUse + device).toBe(size);
    for (const part of [available, inUse, device]) expect(part).toBeGreaterThanOrEqual(0);
  }

  /** Gives all buffers back, closes both ends and checks that none is missing. */
  async closeClean(first: 'peer' | 'port' = 'peer'): Promise<void> {
    if (first === 'peer') await this.peer.close();
    this.stack.releaseAll();
    await this.port.close();
    await this.peer.close();
    const audit = this.queue.audit();
    expect(audit).toEqual({ size: audit.size, available: audit.size, inUse: 0, device: 0 });
    expect(this.stack.violations).toEqual([]);
  }
}

/** All counts of one kind together. */
function sum(counts: LinkStatistics['dropped']): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
