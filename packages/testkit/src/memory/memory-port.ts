import {
  type LinkEvent,
  type LinkListener,
  type LinkPort,
  type LinkQueue,
  type LinkState,
  type LinkStatistics,
  LunettaError,
  type PortCounters,
  type Scheduler,
  STATE_DOWN,
  STATE_GONE,
  STATE_UP,
} from '@lunetta/core';

/** Bytes of a frame that are not the network layer's: the Ethernet header and one VLAN tag. */
const FRAME_OVERHEAD = 14 + 4;

const STATE_WORDS: Readonly<Record<LinkState, number>> = { up: STATE_UP, down: STATE_DOWN, gone: STATE_GONE };

/** A queue over memory, as its port handles it. */
interface PortQueue extends LinkQueue {
  /** Sets what `counts[COUNT_STATE]` will say. */
  setState(state: number): void;
  /** The longest frame that may be sent, in bytes. */
  setMaxFrameLength(length: number): void;
  /** See `LinkPort.close`. */
  close(): void;
}

/** What a {@link MemoryPort} is made of. */
export interface MemoryPortParts {
  readonly driver: string;
  readonly device: string;
  /** At first. */
  readonly linkState: LinkState;
  readonly hardwareAddress: Uint8Array | undefined;
  readonly mtu: number;
  readonly queue: PortQueue;
  readonly counters: PortCounters;
  readonly scheduler: Pick<Scheduler, 'nextTurn'>;
  /** Called once, when the port has been closed. */
  readonly onClosed: () => void;
}

/** One end of a cable in memory, as a stack sees it: a device with one queue. It filters no addresses. */
export class MemoryPort implements LinkPort {
  readonly driver: string;
  readonly device: string;
  /** Settable: a cable filters no addresses. */
  hardwareAddress: Uint8Array | undefined;
  readonly queueCount = 1;
  private readonly parts: MemoryPortParts;
  private listener: LinkListener | undefined;
  private state: LinkState;
  private currentMtu: number;
  private closed = false;

  constructor(parts: MemoryPortParts) {
    this.parts = parts;
    this.driver = parts.driver;
    this.state = parts.linkState;
    this.device = parts.device;
    this.hardwareAddress = parts.hardwareAddress;
    this.currentMtu = parts.mtu;
    parts.queue.setMaxFrameLength(parts.mtu + FRAME_OVERHEAD);
  }

  get mtu(): number {
    return this.currentMtu;
  }

  get linkState(): LinkState {
    return this.state;
  }

  queue(index: number): LinkQueue {
    if (index !== 0)
      throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.device} has one queue, number 0, not ${index}`);
    return this.parts.queue;
  }

  setListener(listener: LinkListener): void {
    this.listener = listener;
  }

  setMulticastList(addresses: readonly Uint8Array[]): void {
    const wrong = addresses.find((address) => address.length !== 6);
    if (wrong)
      throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.device}: a multicast address of ${wrong.length} bytes`);
  }

  statistics(): LinkStatistics {
    return this.parts.counters.statistics();
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.parts.queue.close();
      this.state = 'gone';
      this.parts.onClosed();
    }
    return Promise.resolve();
  }

  /** Hands a wake-up of the queue to the stack. */
  wake(): void {
    this.listener?.onWake(0);
  }

  /** Changes the link's state; `gone` is for good. The stack hears of it in a later turn. */
  setLinkState(state: LinkState): void {
    if (this.state === 'gone' || this.state === state) return;
    this.state = state;
    this.parts.queue.setState(STATE_WORDS[state]);
    this.tell(state);
  }

  /** Changes the MTU; the stack hears of it in a later turn. */
  setMtu(mtu: number): void {
    this.currentMtu = mtu;
    this.parts.queue.setMaxFrameLength(mtu + FRAME_OVERHEAD);
    this.tell('mtu');
  }

  private tell(event: LinkEvent): void {
    this.parts.scheduler.nextTurn(() => {
      if (!this.closed) this.listener?.onEvent(event);
    });
  }
}
