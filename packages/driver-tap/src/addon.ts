import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { LunettaError, type LinkEvent, type LinkState, type LinkStatistics, type QueueAudit } from '@lunetta/core';

/** What the native side is told when a device is opened. */
export interface NativeConfig {
  readonly device: string;
  /** A name under /run/netns, a path if it has a slash, or empty: the process's own. */
  readonly netns: string;
  readonly mtu?: number;
  readonly persist: boolean;
  readonly up: boolean;
  readonly hostAddress?: string;
  readonly hostPrefix?: number;
  readonly buffers: number;
  readonly burst: number;
  readonly txCapacity: number;
  readonly stockCapacity: number;
  readonly poison: boolean;
  /** Checksums and segmentation are left to the kernel. */
  readonly offloads: boolean;
}

/** A port of native/tap-port.cc. `...At` are byte offsets in `memory`. */
export interface NativePort {
  readonly poll: (txCount: number) => number;
  /** The Internet sum of the bytes `[at, end)` of `memory`. */
  readonly sum: (at: number, end: number) => number;
  readonly memory: ArrayBuffer;
  readonly countsAt: number;
  readonly rxAt: number;
  readonly txAt: number;
  readonly freeAt: number;
  readonly stockAt: number;
  readonly doneAt: number;
  readonly framesAt: number;
  readonly bufferSize: number;
  readonly headroom: number;
  setListener(onWake: (queue: number) => void, onEvent: (event: LinkEvent) => void): void;
  arm(): boolean;
  audit(): QueueAudit;
  statistics(): LinkStatistics;
  /** To be called once; `closed` is called from the loop. */
  close(closed: () => void): void;
  device(): string;
  mtu(): number;
  linkState(): LinkState;
  created(): boolean;
}

/** The native add-on. */
export interface TapAddon {
  /** Opens a device; throws an Error with `step` and `errno` (see open-error.ts). */
  readonly TapPort: new (config: NativeConfig) => NativePort;
}

/** Environment variable: path of another build of the add-on, such as the one with sanitizers. */
export const ADDON_PATH_VARIABLE = 'LUNETTA_TAP_ADDON';

/**
 * Loads the native add-on.
 *
 * @throws LunettaError LUNETTA_ERR_ADDON_NOT_BUILT if it is not there or does not fit this Node
 */
export function loadAddon(path = process.env[ADDON_PATH_VARIABLE] ?? defaultPath()): TapAddon {
  try {
    return createRequire(import.meta.url)(path) as TapAddon;
  } catch (cause) {
    throw new LunettaError(
      'LUNETTA_ERR_ADDON_NOT_BUILT',
      `driver tap: cannot load its native add-on ${path}: ${firstLine(cause)}. Build it with: npm run setup`,
      { cause },
    );
  }
}

function defaultPath(): string {
  return fileURLToPath(new URL('../build/Release/lunetta_tap.node', import.meta.url));
}

function firstLine(cause: unknown): string {
  return String((cause as { message?: unknown }).message ?? cause).split('\n', 1)[0] ?? '';
}
