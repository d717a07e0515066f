import type { LinkPort } from '@lunetta/core';
import type { FarEnd } from './link-fixture.js';
import { TestStack } from './test-stack.js';

/** A far end that is itself a port of a link driver, such as the other end of a memory cable. */
export class PortFarEnd implements FarEnd {
  private readonly stack: TestStack;

  constructor(private readonly port: LinkPort) {
    this.stack = new TestStack(port);
    this.stack.poll();
  }

  send(frame: Uint8Array): boolean {
    const queued = this.stack.queueFrame(frame) !== undefined;
    this.stack.poll();
    return queued;
  }

  receive(): Uint8Array | null {
    if (this.stack.inbox.length === 0) this.stack.poll();
    return this.stack.inbox.shift() ?? null;
  }

  close(): Promise<void> {
    this.stack.releaseAll();
    return this.port.close();
  }
}
