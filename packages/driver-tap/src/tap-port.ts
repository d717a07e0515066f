import {
  COUNTS,
  DESCRIPTOR_WORDS,
  FrameMemory,
  LunettaError,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  type LinkListener,
  type LinkPort,
  type LinkQueue,
  type LinkState,
  type LinkStatistics,
  type QueueAudit,
  type Wakeup,
} from '@lunetta/core';
import type { NativeConfig, NativePort } from './addon.js';

const MAC_LENGTH = 6;

/** The one queue of a {@link TapPort}. */
class TapQueue implements LinkQueue {
  readonly memory: FrameMemory;
  readonly headroom: number;
  readonly offloads: number;
  readonly wakeup: Wakeup = 'level';
  readonly rx: Int32Array;
  readonly tx: Int32Array;
  readonly free: Int32Array;
  readonly stock: Int32Array;
  readonly done: Int32Array;
  readonly counts: Int32Array;
  readonly holdLimit: number;
  /** The native function itself; nothing wraps it (a call costs 13-17 ns). */
  readonly poll: (txCount: number) => number;

  constructor(
    private readonly native: NativePort,
    config: NativeConfig,
  ) {
    const { memory, bufferSize } = native;
    this.memory = new FrameMemory(memory, native.framesAt, bufferSize, bufferSize, config.buffers, native.sum);
    this.headroom = native.headroom;
    this.offloads = config.offloads ? TX_TCP_CHECKSUM | TX_UDP_CHECKSUM | TX_TSO : 0;
    this.rx = new Int32Array(memory, native.rxAt, config.burst * DESCRIPTOR_WORDS);
    this.tx = new Int32Array(memory, native.txAt, config.txCapacity * DESCRIPTOR_WORDS);
    this.free = new Int32Array(memory, native.freeAt, config.buffers);
    this.stock = new Int32Array(memory, native.stockAt, config.stockCapacity);
    this.done = new Int32Array(memory, native.doneAt, config.txCapacity);
    this.counts = new Int32Array(memory, native.countsAt, COUNTS);
    // One burst is shown to the stack while the next is received, and the stock is full.
    this.holdLimit = config.buffers - 2 * config.burst - config.stockCapacity;
    this.poll = native.poll;
  }

  arm(): boolean {
    return this.native.arm();
  }

  audit(): QueueAudit {
    return this.native.audit();
  }
}

/** An open TAP device. */
export class TapPort implements LinkPort {
  readonly driver = 'tap';
  /** Undefined: the address of a TAP device is that of the kernel's side; the stack needs another. */
  readonly hardwareAddress = undefined;
  readonly queueCount = 1;
  private readonly onlyQueue: TapQueue;
  private closing: Promise<void> | undefined;

  /** Takes over an open native port. */
  constructor(
    private readonly native: NativePort,
    config: NativeConfig,
  ) {
    this.onlyQueue = new TapQueue(native, config);
  }

  /** Follows the device when it is renamed. */
  get device(): string {
    return this.native.device();
  }

  /** The device's MTU, but no more than what fits the buffers, which were made for the MTU at opening. */
  get mtu(): number {
    return this.native.mtu();
  }

  get linkState(): LinkState {
    return this.native.linkState();
  }

  /** Whether the driver made the device: it did not exist before. */
  get created(): boolean {
    return this.native.created();
  }

  queue(index: number): LinkQueue {
    if (index !== 0) throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.device} has one queue, 0, and no ${index}`);
    return this.onlyQueue;
  }

  setListener(listener: LinkListener): void {
    this.native.setListener(
      (queue) => listener.onWake(queue),
      (event) => listener.onEvent(event),
    );
  }

  /** Nothing to set: a TAP device filters no address, every frame comes through. */
  setMulticastList(addresses: readonly Uint8Array[]): void {
    const bad = addresses.find((address) => address.length !== MAC_LENGTH);
    if (bad === undefined) return;
    throw new LunettaError('LUNETTA_ERR_MISUSE', `a multicast address has ${MAC_LENGTH} bytes, not ${bad.length}`);
  }

  /**
   * Beside frames lost, `dropped.rxNoBuffer` counts the polls that stopped receiving for want of a free buffer; what
   * waits then is kept, and in the end dropped, by the kernel's queue of the device.
   */
  statistics(): LinkStatistics {
    return this.native.statistics();
  }

  /** The device is given back at once; the promise resolves when the event loop has let go of it. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => this.native.close(resolve));
    return this.closing;
  }
}
