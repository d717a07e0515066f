import { FrameMemory, FramePool, LunettaError, OWNER_STACK, PortCounters, type Scheduler, Waker } from '@lunetta/core';
import { MemoryPort } from '../memory/memory-port.js';
import { Jack, type JackListener, type LanDevice } from './jack.js';
import { FINISHED } from './frame-finisher.js';
import { LAN_DROP_NAMES, LanQueue } from './lan-queue.js';

const HEADROOM = 128;
const BURST = 32;
const TX_CAPACITY = 64;
const STOCK = 32;
/** Frames that may wait for the stack. */
const RING = 128;
/** Ethernet header and one VLAN tag. */
const FRAME_OVERHEAD = 14 + 4;
/** The longest datagram that a card cuts up. */
const MAX_DATAGRAM = 65_535;

/** The fewest buffers that a card works with. */
const LEAST_BUFFERS = RING + BURST + TX_CAPACITY + STOCK;

/** How a network card is made. */
export interface LanCardOptions {
  /** Six bytes. */
  readonly hardwareAddress: Uint8Array;
  /** 1500 if not given. */
  readonly mtu?: number | undefined;
  /** Number of frame buffers. 512 if not given. */
  readonly buffers?: number | undefined;
  /** It finishes the checksums of UDP and TCP, and cuts up what is larger than TCP's MSS. */
  readonly offloads?: boolean | undefined;
}

/** A network card on a virtual LAN: a port for a stack on one side, a jack for a cable on the other. */
export class LanCard implements LanDevice, JackListener {
  /** Its link is down until a cable is plugged in. */
  readonly port: MemoryPort;
  readonly jack: Jack;
  private readonly counters = new PortCounters(LAN_DROP_NAMES);
  private readonly queue: LanQueue;

  /**
   * @param name its name on the LAN, such as `a:eth0`
   * @param device what it is a part of; itself if not given
   * @throws LunettaError `LUNETTA_ERR_CONFIG` for too few buffers
   */
  constructor(
    readonly name: string,
    { hardwareAddress, mtu = 1500, buffers = 512, offloads = false }: LanCardOptions,
    scheduler: Scheduler,
    device?: LanDevice,
  ) {
    if (!(buffers >= LEAST_BUFFERS)) {
      throw new LunettaError('LUNETTA_ERR_CONFIG', `${name}: ${buffers} buffers; give ${LEAST_BUFFERS} or more`);
    }
    this.jack = new Jack(device ?? this, name, this);
    const bufferSize = HEADROOM + (((offloads ? MAX_DATAGRAM : mtu) + FRAME_OVERHEAD + 3) & ~3);
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
      holdLimit: buffers - LEAST_BUFFERS,
      offloads: offloads ? FINISHED : 0,
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

  freeJack(): Jack {
    if (!this.jack.isPlugged) return this.jack;
    throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.name} has a cable already; a network card has one jack`);
  }

  onFrame(frame: Uint8Array): void {
    this.queue.arrived(frame);
  }

  onCarrier(isUp: boolean): void {
    this.port.setLinkState(isUp ? 'up' : 'down');
  }

  /** What a closed stack has not given back. */
  leaks(): string[] {
    const { inUse, device } = this.queue.audit();
    if (inUse === 0 && device === 0) return [];
    return [`${this.name}: ${inUse} buffers were not given back, ${device} stayed with the card`];
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
    const sent = counters.txFrames + queue.cutOff;
    if (jack.sent !== sent) {
      faults.push(`${jack.name}: the stack has sent ${sent} frames, the cable has got ${jack.sent}`);
    }
    return faults;
  }
}
