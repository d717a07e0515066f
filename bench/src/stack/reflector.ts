import {
  COUNT_SENT,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  OFFSET,
  type LinkPort,
  type LinkQueue,
} from '@lunetta/core';
import { swapAddresses } from './generator.js';

/** No stack at all: one flat function that answers every frame by swapping its addresses. The measure of the rest. */
export class Reflector {
  private readonly queue: LinkQueue;
  private queued = 0;

  constructor(port: LinkPort) {
    this.queue = port.queue(0);
    port.setListener({ onWake: () => undefined, onEvent: () => undefined });
  }

  /** One burst each way. */
  poll(): void {
    const { rx, tx, counts, memory } = this.queue;
    const received = this.queue.poll(this.queued);
    const sent = counts[COUNT_SENT];
    if (sent < this.queued) tx.copyWithin(0, sent * DESCRIPTOR_WORDS, this.queued * DESCRIPTOR_WORDS);
    this.queued -= sent;
    for (let i = 0; i < received; i++) {
      const from = i * DESCRIPTOR_WORDS;
      const to = this.queued++ * DESCRIPTOR_WORDS;
      swapAddresses(memory.view, rx[from + OFFSET]);
      tx[to + HANDLE] = rx[from + HANDLE]!;
      tx[to + OFFSET] = rx[from + OFFSET]!;
      tx[to + LENGTH] = rx[from + LENGTH]!;
      tx[to + FLAGS] = 0;
    }
  }
}
