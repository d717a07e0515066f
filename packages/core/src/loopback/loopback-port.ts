import { TX_IP_CHECKSUM, TX_TCP_CHECKSUM, TX_UDP_CHECKSUM } from '../link/descriptor.js';
import { FrameMemory } from '../link/frame-memory.js';
import type { LinkListener, LinkPort, LinkState, LinkStatistics } from '../link/link-driver.js';
import { TX_HEADROOM } from '../link/packet.js';
import { FramePool, OWNER_STACK } from '../link/pool/frame-pool.js';
import { PortCounters } from '../link/pool/port-counters.js';
import { Waker } from '../link/pool/waker.js';
import type { Scheduler } from '../time/host.js';
import { LOOPBACK_DROP_NAMES, LoopbackQueue } from './loopback-queue.js';

/** The largest datagram that goes over the loopback interface in one piece, in bytes. */
const LOOPBACK_MTU = 16_384;
/** Its frame buffers; the memory behind those that were never used is not taken up. */
const BUFFERS = 512;
const BURST = 64;
const STOCK = 64;
const TX_CAPACITY = 256;
const BUFFER_SIZE = TX_HEADROOM + LOOPBACK_MTU;

/** The link to ourselves (RFC 1122 section 3.2.1.3): a device of memory alone. */
export class LoopbackPort implements LinkPort {
  readonly driver = 'loopback';
  readonly device = 'lo';
  readonly hardwareAddress = undefined;
  readonly mtu = LOOPBACK_MTU;
  readonly queueCount = 1;
  private readonly counters = new PortCounters(LOOPBACK_DROP_NAMES);
  private readonly only: LoopbackQueue;
  private listener: LinkListener | undefined = undefined;
  private isClosed = false;

  constructor(scheduler: Pick<Scheduler, 'nextTurn'>) {
    const memory = new FrameMemory(new ArrayBuffer(BUFFERS * BUFFER_SIZE), 0, BUFFER_SIZE, BUFFER_SIZE, BUFFERS);
    this.only = new LoopbackQueue({
      pool: new FramePool(memory, false),
      owner: OWNER_STACK,
      counters: this.counters,
      waker: new Waker('level', scheduler, () => this.listener?.onWake(0)),
      wakeup: 'level',
      headroom: TX_HEADROOM,
      burst: BURST,
      txCapacity: TX_CAPACITY,
      stockCapacity: STOCK,
      holdLimit: BUFFERS - TX_CAPACITY - BURST - STOCK,
      // Nobody looks at the checksums of what was never on a wire.
      offloads: TX_IP_CHECKSUM | TX_UDP_CHECKSUM | TX_TCP_CHECKSUM,
      keepPolls: 0,
    });
    this.only.setMaxFrameLength(BUFFER_SIZE);
  }

  get linkState(): LinkState {
    return this.isClosed ? 'gone' : 'up';
  }

  queue(): LoopbackQueue {
    return this.only;
  }

  setListener(listener: LinkListener): void {
    this.listener = listener;
  }

  /** Takes every frame that we send, whatever its address. */
  setMulticastList(): void {
    return undefined;
  }

  statistics(): LinkStatistics {
    return this.counters.statistics();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.only.close();
    return Promise.resolve();
  }
}
