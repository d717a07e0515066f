import {
  FrameMemory,
  FramePool,
  LunettaError,
  OWNER_SECOND_STACK,
  OWNER_STACK,
  PortCounters,
  type QueueAudit,
  type Scheduler,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  Waker,
  type Wakeup,
} from '@lunetta/core';
import { keep } from '../leaks/kept-things.js';
import { DROP_NAMES } from './drop-names.js';
import { MemoryPort } from './memory-port.js';
import { MemoryQueue } from './memory-queue.js';
import { MIN_FIRST_SEGMENT, Receiver } from './receiver.js';

/** The two ends of a cable. */
export type CableEnd = 'a' | 'b';

/** How a memory cable is made; everything has a default. */
export interface MemoryCableOptions {
  /** Name of the cable; the ports are `<name>:a` and `<name>:b`. `cable`. */
  readonly name?: string | undefined;
  /** Largest network-layer packet in bytes. 1500. */
  readonly mtu?: number | undefined;
  /** Number of frame buffers in each memory (both ends together where they share one). 4096. */
  readonly buffers?: number | undefined;
  /** Bytes of a frame buffer, headroom included; a multiple of 4. 2048. */
  readonly bufferSize?: number | undefined;
  /** Bytes left free before a received frame, at least 64; a multiple of 4. 128. */
  readonly headroom?: number | undefined;
  /** Largest burst received, in descriptors. 64. */
  readonly burst?: number | undefined;
  /** Descriptors that `tx` takes. 256. */
  readonly txCapacity?: number | undefined;
  /** Empty buffers in `stock`. 64. */
  readonly stock?: number | undefined;
  /** Descriptors under way in each direction, a power of two. 512. */
  readonly inFlight?: number | undefined;
  /** What a cable full of frames does to the next one: lose it (counted) or leave it with the stack. `drop`. */
  readonly whenFull?: 'drop' | 'wait' | undefined;
  /** Whether both ends use one memory and frames pass by handle; else they cost a copy. false. */
  readonly sharedMemory?: boolean | undefined;
  /** With shared memory: whether one stack has both ends and may send through one what came in by the other. false. */
  readonly oneStack?: boolean | undefined;
  /** How a sleeping stack is woken. `edge`. */
  readonly wakeup?: Wakeup | undefined;
  /** Longer frames come as chains of segments of this size, at least 256. The buffer without its headroom. */
  readonly segmentSize?: number | undefined;
  /**
   * Whether both ends offer to finish checksums and to cut up TCP segments (TSO), and show each other what they were
   * given as it is, unfinished and in one piece: as between a virtual machine and its host. Give a `bufferSize` that
   * holds such frames. false.
   */
  readonly offloads?: boolean | undefined;
  /** Polls after which a buffer sent with `TX_KEEP` comes back in `done`. 0: in the same poll. */
  readonly keepPolls?: number | undefined;
  /** Whether frames shorter than 60 bytes arrive padded, as from an Ethernet. false: as from a TAP device. */
  readonly padTo60?: boolean | undefined;
  /** Whether buffers that come back are overwritten, to catch whoever still reads them. false. */
  readonly poison?: boolean | undefined;
  /** Six bytes each. undefined: the stack makes them up. */
  readonly addresses?: { readonly a?: Uint8Array | undefined; readonly b?: Uint8Array | undefined } | undefined;
  /** Makes the buffer behind a memory, such as a SharedArrayBuffer; its size is a multiple of 4. An ArrayBuffer. */
  readonly allocate?: ((byteLength: number) => ArrayBufferLike) | undefined;
  /** Whose turns wake-ups and events come in. Node's `setImmediate`. */
  readonly scheduler?: Pick<Scheduler, 'nextTurn'> | undefined;
  /** Called when an end has been closed. */
  readonly onClosed?: ((end: CableEnd) => void) | undefined;
}

/** Two ports joined by a cable: what one sends the other receives, in order. */
export interface MemoryCable {
  readonly a: MemoryPort;
  readonly b: MemoryPort;
  /** Takes the carrier away from both ends, or gives it back. Frames under way are lost. */
  setLinkState(state: 'up' | 'down'): void;
  /** Removes the device at one end, the other one loses its carrier; without an end, removes both devices. */
  remove(end?: CableEnd): void;
  /** Changes the MTU of both ends, to at most that with which the cable was made. */
  setMtu(mtu: number): void;
}

type Resolved = ReturnType<typeof resolve>;

const immediate: Pick<Scheduler, 'nextTurn'> = { nextTurn: (callback) => void setImmediate(callback) };

/**
 * Makes a memory cable. Both ports are open, and up.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG` if the options do not fit together
 */
export function createMemoryCable(options: MemoryCableOptions = {}): MemoryCable {
  const resolved = resolve(options);
  const poolA = createPool(resolved);
  const poolB = resolved.sharedMemory ? poolA : createPool(resolved);
  const halfA = createHalf(resolved, poolA, poolB.memory, () => a.wake());
  const halfB = createHalf(resolved, poolB, poolA.memory, () => b.wake());
  const a: MemoryPort = createPort(resolved, 'a', halfA, halfB, () => b.setLinkState('down'));
  const b: MemoryPort = createPort(resolved, 'b', halfB, halfA, () => a.setLinkState('down'));
  for (const port of [a, b]) {
    keep({ role: 'port', close: () => port.close(), faults: () => bufferFaults(port.device, port.queue(0).audit()) });
  }
  return {
    a,
    b,
    setLinkState(state) {
      a.setLinkState(state);
      b.setLinkState(state);
    },
    remove(end) {
      a.setLinkState(end === 'b' ? 'down' : 'gone');
      b.setLinkState(end === 'a' ? 'down' : 'gone');
    },
    setMtu(mtu) {
      if (!(mtu >= 1 && mtu <= resolved.mtu))
        throw wrong(resolved.name, `an MTU of ${mtu}; it holds up to ${resolved.mtu}`);
      a.setMtu(mtu);
      b.setMtu(mtu);
    },
  };
}

function resolve(options: MemoryCableOptions) {
  const name = options.name ?? 'cable';
  const bufferSize = options.bufferSize ?? 2048;
  const headroom = options.headroom ?? 128;
  const resolved = {
    name,
    mtu: options.mtu ?? 1500,
    buffers: options.buffers ?? 4096,
    bufferSize,
    headroom,
    burst: options.burst ?? 64,
    txCapacity: options.txCapacity ?? 256,
    stock: options.stock ?? 64,
    inFlight: options.inFlight ?? 512,
    waitsWhenFull: options.whenFull === 'wait',
    sharedMemory: options.sharedMemory ?? false,
    oneStack: options.oneStack ?? false,
    wakeup: options.wakeup ?? ('edge' as const),
    segmentSize: options.segmentSize ?? bufferSize - headroom,
    keepPolls: options.keepPolls ?? 0,
    offloads: options.offloads === true ? TX_TCP_CHECKSUM | TX_UDP_CHECKSUM | TX_TSO : 0,
    padTo60: options.padTo60 ?? false,
    poison: options.poison ?? false,
    addresses: options.addresses ?? {},
    allocate: options.allocate ?? ((byteLength: number) => new ArrayBuffer(byteLength)),
    scheduler: options.scheduler ?? immediate,
    onClosed: options.onClosed ?? (() => undefined),
    holdLimit: 0,
  };
  const { burst, segmentSize, inFlight } = resolved;
  if (headroom < 64 || headroom % 4 !== 0 || bufferSize % 4 !== 0) {
    throw wrong(name, `headroom ${headroom} of ${bufferSize} bytes; give at least 64 and multiples of 4`);
  }
  if (segmentSize < MIN_FIRST_SEGMENT || segmentSize > bufferSize - headroom) {
    throw wrong(name, `segments of ${segmentSize} bytes; ${MIN_FIRST_SEGMENT} to ${bufferSize - headroom} fit`);
  }
  if (!(inFlight >= 1) || (inFlight & (inFlight - 1)) !== 0)
    throw wrong(name, `inFlight ${inFlight}; give a power of two`);
  const longest = Math.ceil((resolved.mtu + 18) / segmentSize);
  if (longest > Math.min(burst, inFlight)) {
    throw wrong(
      name,
      `frames of ${longest} segments in bursts of ${burst}; give a larger burst, inFlight or segmentSize`,
    );
  }
  // Each end needs buffers for what is under way to it, a burst shown, a burst to send and its stock.
  const ends = resolved.sharedMemory ? 2 : 1;
  resolved.holdLimit = Math.floor(resolved.buffers / ends) - inFlight - burst - resolved.txCapacity - resolved.stock;
  if (resolved.holdLimit < 0) {
    throw wrong(
      name,
      `${resolved.buffers} buffers; at least ${resolved.buffers - ends * resolved.holdLimit} are needed`,
    );
  }
  return resolved;
}

function wrong(cable: string, detail: string): LunettaError {
  return new LunettaError('LUNETTA_ERR_CONFIG', `memory cable '${cable}': ${detail}`);
}

function createPool({ allocate, buffers, bufferSize, poison }: Resolved): FramePool {
  return new FramePool(new FrameMemory(allocate(buffers * bufferSize), 0, bufferSize, bufferSize, buffers), poison);
}

function createHalf(resolved: Resolved, pool: FramePool, senderMemory: FrameMemory, wake: () => void) {
  const counters = new PortCounters(DROP_NAMES);
  const waker = new Waker(resolved.wakeup, resolved.scheduler, wake);
  return { pool, counters, waker, inbound: new Receiver({ ...resolved, pool, counters, waker, senderMemory }) };
}

type Half = ReturnType<typeof createHalf>;

function createPort(resolved: Resolved, end: CableEnd, half: Half, peer: Half, carrierLost: () => void): MemoryPort {
  const queue = new MemoryQueue({
    ...resolved,
    ...half,
    owner: end === 'a' || resolved.oneStack ? OWNER_STACK : OWNER_SECOND_STACK,
    outbound: peer.inbound,
    stockCapacity: resolved.stock,
  });
  return new MemoryPort({
    driver: 'memory',
    linkState: 'up',
    device: `${resolved.name}:${end}`,
    hardwareAddress: resolved.addresses[end],
    mtu: resolved.mtu,
    queue,
    counters: half.counters,
    scheduler: resolved.scheduler,
    onClosed: () => {
      carrierLost();
      resolved.onClosed(end);
    },
  });
}

function bufferFaults(device: string, { size, available, inUse, device: withDevice }: QueueAudit): string[] {
  if (size === available + inUse + withDevice) return [];
  return [`${device}: ${size} buffers, but available ${available} + in use ${inUse} + with the device ${withDevice}`];
}
