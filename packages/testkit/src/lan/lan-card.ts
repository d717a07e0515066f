import {
  FrameMemory,
  FramePool,
  OWNER_STACK,
  PortCounters,
  type QueueAudit,
  type Scheduler,
  Waker,
} from '@lunetta/core';
import { MemoryPort } from '../memory/memory-port.js';
import { Jack, type JackListener, type LanDevice } from './jack.js';
import { LAN_DROP_NAMES, LanQueue } from './lan-queue.js';

const HEADROOM = 128;
const BURST = 64;
const TX_CAPACITY = 128;
const STOCK = 32;
/** Frames that may wait for the stack. */
const RING = 128;
/** Ethernet header and one VLAN tag. */
const FRAME_OVERHEAD = 14 + 4;

/** How a network card is made. */
export interface LanCardOptions {
  readonly device: LanDevice;
  /** Its name on the LAN, such as `a:eth0`. */
  readonly name: string;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
  /** Number of frame buffers. */
  readonly buffers: number;
  readonly scheduler: Scheduler;
}

/** A network card on a virtual LAN: a port for a stack on one side, a jack for a cable on the other. */
export class LanCard implements JackListener {
  /** Its link is down until a cable is plugged in. */
  readonly port: MemoryPort;
  readonly jack: Jack;
  private readonly counters = new PortCounters(LAN_DROP_NAMES);
  private readonly queue: LanQueue;

  constructor({ device, name, hardwareAddress, mtu, buffers, scheduler }: LanCardOptions) {
    this.jack = new Jack(device, name, this);
    const bufferSize = HEADROOM + ((mtu + FRAME_OVERHEAD + 3) & ~3);
    const memory = new FrameMemory(new ArrayBuffer(buffers * bufferSize), 0, bufferSize, bufferSize, buffers);
    this.queue = new LanQueue({
      pool: new FramePool(memory, false),
      owner: OWNER_STACK,
      counters: this.counters,
      waker: new Waker('edge', scheduler, () => this.port.wake()),
      wakeup: 'edge',
      headroom: HEADROOM,
      burst: BURST,
      txCapacity: TX_CAPACITY,
      stockCapacity: STOCK,
      holdLimit: buffers - RING - BURST - TX_CAPACITY - STOCK,
      offloads: 0,
      keepPolls: 0,
      ring: RING,
      transmit: (frame) => void this.jack.send(frame),
    });
    this.port = new MemoryPort({
      driver: 'lan',
      device: name,
      linkState: 'down',
      hardwareAddress,
      mtu,
      queue: this.queue,
      counters: this.counters,
      scheduler,
      onClosed: () => undefined,
    });
  }

  /** The fewest buffers that a card works with. */
  static readonly LEAST_BUFFERS = RING + BURST + TX_CAPACITY + STOCK;

  onFrame(frame: Uint8Array): void {
    this.queue.arrived(frame);
  }

  onCarrier(isUp: boolean): void {
    this.port.setLinkState(isUp ? 'up' : 'down');
  }

  /** Where its buffers are. */
  audit(): QueueAudit {
    return this.queue.audit();
  }

  /** What is wrong with its accounts: what went through the jack against what the stack was shown and has sent. */
  faults(): string[] {
    const { jack, queue, counters } = this;
    const lost = LAN_DROP_NAMES.reduce((sum, name, i) => (name.startsWith('rx') ? sum + counters.dropped[i] : sum), 0);
    const received = counters.rxFrames + lost + queue.waiting;
    const faults: string[] = [];
    if (jack.received !== received) {
      faults.push(`${jack.name}: ${jack.received} frames came, but received + dropped + waiting are ${received}`);
    }
    if (jack.sent !== counters.txFrames) {
      faults.push(`${jack.name}: the stack has sent ${counters.txFrames} frames, the cable has got ${jack.sent}`);
    }
    return faults;
  }
}
