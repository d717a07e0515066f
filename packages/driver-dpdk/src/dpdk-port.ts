import {
  FrameMemory,
  LunettaError,
  type LinkListener,
  type LinkPort,
  type LinkQueue,
  type LinkState,
  type LinkStatistics,
} from '@lunetta/core';
import type { BenchConfig, BenchLoops, NativeConfig, NativeDescription, NativePort, NativeQueue } from './addon.js';
import { DpdkQueue } from './dpdk-queue.js';

const MAC_LENGTH = 6;
/** DPDK's name of its driver for TAP devices. */
const TAP_DRIVER = 'net_tap';

/** What there is of receive-side scaling on an open device. */
export type Rss = Pick<NativeDescription, 'rssTypes' | 'rssKey' | 'rssTable'>;

/** An open DPDK device, or one of its queues. */
export class DpdkPort implements LinkPort {
  readonly driver = 'dpdk';
  readonly device: string;
  /** Undefined for TAP devices: their address is that of the kernel's side. */
  readonly hardwareAddress: Uint8Array | undefined;
  readonly queueCount: number;
  /** DPDK's driver for the device, such as `net_ixgbe`. */
  readonly dpdkDriver: string;
  private readonly queues: readonly DpdkQueue[];
  private closing: Promise<void> | undefined;

  /**
   * Takes over an open native port.
   *
   * @param config what it was opened with
   */
  constructor(
    private readonly native: NativePort,
    config: NativeConfig,
  ) {
    const { hardwareAddress, driverName } = native.describe();
    this.device = config.name;
    this.dpdkDriver = driverName;
    this.hardwareAddress = driverName === TAP_DRIVER ? undefined : hardwareAddress;
    this.queues = native.queues.map((queue, i) => {
      const buffer = queue.memory ?? (config.given as Uint8Array).buffer;
      return new DpdkQueue(native, i, queue, memoryOf(queue, buffer), config);
    });
    this.queueCount = this.queues.length;
  }

  /** The device's MTU, but no more than what fits the buffers, which were made for the MTU at opening. */
  get mtu(): number {
    return this.native.mtu();
  }

  get linkState(): LinkState {
    return this.native.linkState();
  }

  /** Mbit/s; 0 if the device does not know. */
  get speedMbps(): number {
    return this.native.describe().speedMbps;
  }

  /** How received frames are distributed over the queues; `toeplitzHash` predicts it. */
  get rss(): Rss {
    const { rssTypes, rssKey, rssTable } = this.native.describe();
    return { rssTypes, rssKey, rssTable };
  }

  queue(index: number): LinkQueue {
    const queue = this.queues[index];
    if (queue !== undefined) return queue;
    throw new LunettaError(
      'LUNETTA_ERR_MISUSE',
      `${this.device} has queues 0 to ${this.queueCount - 1}, and no ${index}`,
    );
  }

  setListener(listener: LinkListener): void {
    this.native.setListener(
      (queue) => listener.onWake(queue),
      (event) => listener.onEvent(event),
    );
  }

  /** A device without a filter for single groups receives all of them. */
  setMulticastList(addresses: readonly Uint8Array[]): void {
    const bad = addresses.find((address) => address.length !== MAC_LENGTH);
    if (bad !== undefined) {
      throw new LunettaError('LUNETTA_ERR_MISUSE', `a multicast address has ${MAC_LENGTH} bytes, not ${bad.length}`);
    }
    this.native.setMulticastList(Uint8Array.from(addresses.flatMap((address) => [...address])));
  }

  /** Takes the link up or down, where the device can; false if it cannot. */
  setLink(up: boolean): boolean {
    return this.native.setLink(up);
  }

  /** `dropped.device...` and `noted.device...` are the device's own counters, for all its queues. */
  statistics(): LinkStatistics {
    return this.native.statistics();
  }

  /**
   * For benchmarks: from now on every frame that queue 0 receives gets the headers of a request, for devices that show
   * what was sent; and the same is done by loops in C++.
   */
  measure(config: BenchConfig): BenchLoops {
    const { poll, ...loops } = this.native.bench(config);
    this.queues[0].poll = poll;
    return loops;
  }

  /** All that the device counts, by DPDK's names. */
  extendedStatistics(): Readonly<Record<string, number>> {
    return this.native.extendedStatistics();
  }

  /** The device is given back at once; the promise resolves when the event loop has let go of it. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => this.native.close(resolve));
    return this.closing;
  }
}

/** One FrameMemory for each memory: ports that share one see the same object. */
const memories = new WeakMap<ArrayBufferLike, FrameMemory>();

function memoryOf(
  { framesAt, bufferStride, bufferSize, buffers, sum }: NativeQueue,
  buffer: ArrayBufferLike,
): FrameMemory {
  const memory = memories.get(buffer) ?? new FrameMemory(buffer, framesAt, bufferStride, bufferSize, buffers, sum);
  memories.set(buffer, memory);
  return memory;
}
