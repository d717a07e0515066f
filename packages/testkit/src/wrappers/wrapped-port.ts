import type {
  LinkDriver,
  LinkListener,
  LinkPort,
  LinkQueue,
  LinkRequest,
  LinkState,
  LinkStatistics,
} from '@lunetta/core';

/** Makes the wrapper of one queue. */
export type WrapQueue = (inner: LinkQueue, port: LinkPort) => LinkQueue & { close?(): void };

/** A port around another one: all as inside, but for the queues. */
export class WrappedPort implements LinkPort {
  private readonly queues: readonly ReturnType<WrapQueue>[];

  constructor(
    protected readonly inner: LinkPort,
    wrap: WrapQueue,
  ) {
    this.queues = Array.from({ length: inner.queueCount }, (_, i) => wrap(inner.queue(i), inner));
  }

  get driver(): string {
    return this.inner.driver;
  }

  get device(): string {
    return this.inner.device;
  }

  get hardwareAddress(): Uint8Array | undefined {
    return this.inner.hardwareAddress;
  }

  get mtu(): number {
    return this.inner.mtu;
  }

  get linkState(): LinkState {
    return this.inner.linkState;
  }

  get failure(): Error | undefined {
    return this.inner.failure;
  }

  get queueCount(): number {
    return this.inner.queueCount;
  }

  queue(index: number): LinkQueue {
    return this.queues[index] ?? this.inner.queue(index);
  }

  setListener(listener: LinkListener): void {
    this.inner.setListener(listener);
  }

  setMulticastList(addresses: readonly Uint8Array[]): void {
    this.inner.setMulticastList(addresses);
  }

  statistics(): LinkStatistics {
    return this.inner.statistics();
  }

  close(): Promise<void> {
    for (const queue of this.queues) queue.close?.();
    return this.inner.close();
  }
}

/**
 * A driver whose ports are those of `inner`, wrapped.
 *
 * @param wrap makes the port; it owns the inner one and closes it
 */
export function wrapDriver<Options>(
  inner: LinkDriver<Options>,
  wrap: (port: LinkPort) => LinkPort,
): LinkDriver<Options> {
  return {
    name: inner.name,
    apiVersion: inner.apiVersion,
    optionsSchema: inner.optionsSchema,
    open: async (options: Options, request: LinkRequest) => wrap(await inner.open(options, request)),
  };
}
