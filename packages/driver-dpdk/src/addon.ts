import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  LunettaError,
  type LinkDevice,
  type LinkEvent,
  type LinkState,
  type LinkStatistics,
  type QueueAudit,
} from '@lunetta/core';
import { missingInstructions } from './cpu.js';
import type { RssType } from './dpdk-options.js';

/** What the native side is told when a device is opened. */
export interface NativeConfig {
  readonly bus: 'pci' | 'vdev';
  readonly name: string;
  /** The device's arguments as DPDK wants them, such as `iface=eth1`. */
  readonly arguments: string;
  /** A name under /run/netns, a path if it has a slash, or empty: the process's own. */
  readonly netns: string;
  readonly queues: number;
  /** Only this queue is for us; the others are for other threads. */
  readonly queue?: number;
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  readonly buffers: number;
  readonly burst: number;
  readonly txCapacity: number;
  readonly stockCapacity: number;
  /** The name by which ports share a memory, or empty. */
  readonly memory: string;
  /** The memory to use, where JavaScript has made it. */
  readonly given?: Uint8Array;
  readonly mtu?: number;
  readonly hardwareAddress?: Uint8Array;
  readonly promiscuous: boolean;
  readonly allMulticast: boolean;
  readonly rxOffloads: boolean;
  readonly txOffloads: boolean;
  readonly tso: boolean;
  readonly vlanStrip: boolean;
  readonly interrupts: boolean;
  readonly rssTypes: readonly RssType[];
  readonly rssKey: Uint8Array;
  readonly rssTable: readonly number[];
  readonly poison: boolean;
}

/** A queue of a {@link NativePort}. `...At` are byte offsets, in `arrays` but for `framesAt`. */
export interface NativeQueue {
  readonly poll: (txCount: number) => number;
  /** The Internet sum of the bytes `[at, end)` of the memory. */
  readonly sum: (at: number, end: number) => number;
  readonly arrays: ArrayBuffer;
  readonly countsAt: number;
  readonly rxAt: number;
  readonly txAt: number;
  readonly freeAt: number;
  readonly stockAt: number;
  readonly doneAt: number;
  /** Descriptors that `rx` holds. */
  readonly rxCapacity: number;
  /** Not given where JavaScript has made it. */
  readonly memory?: ArrayBuffer;
  readonly framesAt: number;
  readonly bufferStride: number;
  readonly bufferSize: number;
  readonly buffers: number;
  readonly headroom: number;
  readonly offloads: number;
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  /** Whether the device can wake us. */
  readonly wakes: boolean;
}

/** What the device says of itself. */
export interface NativeDescription {
  readonly hardwareAddress: Uint8Array;
  readonly driverName: string;
  readonly queues: number;
  /** DPDK's RTE_ETH_RX_OFFLOAD_ and RTE_ETH_TX_OFFLOAD_ bits. */
  readonly rxOffloads: number;
  readonly txOffloads: number;
  /** 0: unknown. */
  readonly speedMbps: number;
  readonly rssTypes: readonly RssType[];
  readonly rssKey: Uint8Array;
  readonly rssTable: readonly number[];
}

/** A port of native/dpdk-port.cc. */
export interface NativePort {
  readonly queues: readonly NativeQueue[];
  setListener(onWake: (queue: number) => void, onEvent: (event: LinkEvent) => void): void;
  arm(queue: number): boolean;
  audit(queue: number): QueueAudit;
  statistics(): LinkStatistics;
  extendedStatistics(): Record<string, number>;
  describe(): NativeDescription;
  mtu(): number;
  linkState(): LinkState;
  /** Six bytes for each address. */
  setMulticastList(addresses: Uint8Array): void;
  setLink(up: boolean): boolean;
  bench(config: BenchConfig): BenchLoops & Pick<NativeQueue, 'poll'>;
  /** To be called once; `closed` is called from the loop. */
  close(closed: () => void): void;
}

/** Whom the loops in C++ answer, and the requests that frames are made into. */
export interface BenchConfig {
  /** 42 bytes (Ethernet, IPv4, UDP) for each of a power of two of requests. */
  readonly headers: Uint8Array;
  readonly ownAddress: Uint8Array;
  readonly ownMac: Uint8Array;
  readonly peerAddress: Uint8Array;
  readonly peerMac: Uint8Array;
  readonly port: number;
}

/** Frames that a loop has received, those among them that it did not answer, and how long it took. */
export interface LoopResult {
  readonly frames: number;
  readonly dropped: number;
  readonly seconds: number;
}

/** Loops in C++ over the device of a port, as a measure of what JavaScript does on it. */
export interface BenchLoops {
  /**
   * Through a queue of its own, with the same descriptors, checks and owners as JavaScript has.
   *
   * @param work 0: swap MAC addresses, 1: UDP echo in place, 2: by sending a view, 3: by sending a copy
   */
  run(work: number, frames: number): LoopResult;
  /**
   * Without all that: from DPDK's burst received to its burst sent, in place.
   *
   * @param stamped whether frames are made into requests
   */
  runBare(work: number, frames: number, stamped: boolean): LoopResult;
  setHeaders(headers: Uint8Array): void;
  /** Sends frames of that length, on a device that shows what was sent; their payload is `byte`. */
  seed(frames: number, length: number, byte: number): void;
  /** Gives back the buffers that the loops have; before the port is closed. */
  close(): void;
}

/** The native add-on. What fails throws an Error with `step`, `errno` and `log` (see open-error.ts). */
export interface DpdkAddon {
  readonly DpdkPort: new (config: NativeConfig) => NativePort;
  readonly version: string;
  startEal(words: readonly string[]): void;
  /** What EAL was started with in this process; undefined if it was not. */
  ealArguments(): string[] | undefined;
  /** The Ethernet devices that DPDK knows. */
  devices(): LinkDevice[];
  /** Makes the devices `net_ring_<a>` and `net_ring_<b>`, connected with each other; `size` is a power of two. */
  connectRings(a: string, b: string, size: number): void;
  /** Bytes that a memory made by JavaScript must have. */
  memorySize(buffers: number, mtu: number): number;
}

/** Environment variable: path of another build of the add-on, such as the one with sanitizers. */
export const ADDON_PATH_VARIABLE = 'LUNETTA_DPDK_ADDON';

/**
 * Loads the native add-on, and with it DPDK's libraries; not before a device is asked for, so that everything else works
 * without them.
 *
 * @throws LunettaError LUNETTA_ERR_PLATFORM if DPDK's libraries are missing or this processor cannot run them,
 *   LUNETTA_ERR_ADDON_NOT_BUILT if the add-on is not there or does not fit this Node
 */
export function loadAddon(path = process.env[ADDON_PATH_VARIABLE] ?? defaultPath()): DpdkAddon {
  const missing = missingInstructions();
  if (missing.length > 0) {
    throw new LunettaError(
      'LUNETTA_ERR_PLATFORM',
      `driver dpdk: this processor has no ${missing.join(', ')}, which DPDK is built for. Run it on a newer processor; ` +
        'of a virtual machine, give it the processor of its host (QEMU: -cpu host or -cpu max)',
    );
  }
  try {
    return createRequire(import.meta.url)(path) as DpdkAddon;
  } catch (cause) {
    throw loadError(path, cause);
  }
}

function loadError(path: string, cause: unknown): LunettaError {
  const line = String((cause as { message?: unknown }).message ?? cause).split('\n', 1)[0] ?? '';
  if (/lib(rte|dpdk)[^:]*: cannot open shared object/.test(line)) {
    return new LunettaError(
      'LUNETTA_ERR_PLATFORM',
      `driver dpdk: DPDK's libraries are not installed: ${line}. Install them (Debian: apt-get install dpdk libdpdk-dev), ` +
        'then build the add-on anew: npm run setup',
      { cause },
    );
  }
  return new LunettaError(
    'LUNETTA_ERR_ADDON_NOT_BUILT',
    `driver dpdk: cannot load its native add-on ${path}: ${line}. It needs DPDK 22.11 or newer to be built (Debian: ` +
      'apt-get install libdpdk-dev pkg-config). Build it with: npm run setup',
    { cause },
  );
}

function defaultPath(): string {
  return fileURLToPath(new URL('../build/Release/lunetta_dpdk.node', import.meta.url));
}
