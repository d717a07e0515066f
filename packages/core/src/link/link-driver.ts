/**
 * The link contract: all that the stack knows of the world below it. Whoever writes a driver implements three
 * interfaces: {@link LinkDriver} opens a {@link LinkPort} (a device), which has one or more {@link LinkQueue}s
 * (where frames move). `docs/add-a-driver.md` walks through it; `describeLinkDriver` of `@lunetta/testkit` checks it.
 *
 * In short: the stack *pulls*. Every call of `poll` moves a whole burst: it takes back returned buffers, sends,
 * refills the stock of empty buffers and receives. Frames lie in a {@link FrameMemory}; descriptors (see
 * `descriptor.ts`) name them. Every buffer has exactly one owner at any time: the driver's pool, the device, or the
 * stack.
 */
import type { Clock } from '../time/host.js';
import type { FrameMemory } from './frame-memory.js';

/** The version of this contract; a driver states the one it was written for in {@link LinkDriver.apiVersion}. */
export const LINK_API_VERSION = 1;

/** What a name in the configuration resolves to: opens devices of one kind. */
export interface LinkDriver<Options = unknown> {
  /** The name in the configuration, such as `tap`. */
  readonly name: string;
  /** {@link LINK_API_VERSION} that the driver was built for; another one is refused when it is loaded. */
  readonly apiVersion: number;
  /** Checks the driver's own part of the configuration (the interface's `options`). */
  readonly optionsSchema: OptionsSchema<Options>;
  /**
   * Opens a device. Whatever was acquired is released again when it fails half-way.
   *
   * @throws LunettaError (rejects) with what is wrong, where, and the command or setting that mends it
   */
  open(options: Options, request: LinkRequest): Promise<LinkPort>;
  /**
   * For drivers whose frames have times of their own, such as those of a capture: how many seconds of that time pass in
   * a second; Infinity: as fast as the stack can work. The whole stack then lives in that time ({@link
   * LinkRequest.clock}), which begins just before the earliest {@link LinkQueue.nextFrameAt} and stands still after the
   * last one.
   */
  timeFactor?(options: Options): number;
  /** Looks whether the driver can be used on this machine, and what is missing; for `lunetta doctor`. */
  diagnose?(): Promise<LinkDiagnosis>;
  /**
   * The devices that it could open, for `lunetta ports`.
   *
   * @param names devices as they are named in `options.device`; none: all that are there
   * @throws LunettaError (rejects) as {@link open}
   */
  devices?(names: readonly string[]): Promise<readonly LinkDevice[]>;
}

/** A device that a driver could open. */
export interface LinkDevice {
  /** As it is named in the driver's options. */
  readonly device: string;
  /** What drives it, such as `net_ixgbe`. */
  readonly kind: string;
  /** As `02:00:00:00:00:01`; undefined: none. */
  readonly hardwareAddress: string | undefined;
  /** Most queues that it can have each way. */
  readonly queues: number;
  /** The NUMA node whose memory is nearest; undefined: unknown. */
  readonly numaNode: number | undefined;
}

/** What a driver found out about the machine. */
export interface LinkDiagnosis {
  /** Whether a device can be opened here and now. */
  readonly usable: boolean;
  readonly findings: readonly LinkFinding[];
}

/** One thing that a driver needs, or could use. */
export interface LinkFinding {
  readonly what: string;
  readonly ok: boolean;
  /** If it is not as it should be: the command or setting that mends it. */
  readonly remedy?: string | undefined;
}

/** The part of Standard Schema (standardschema.dev, version 1) that is used: zod, valibot and others provide it. */
export interface OptionsSchema<Options> {
  readonly '~standard': {
    readonly validate: (value: unknown) => OptionsResult<Options> | Promise<OptionsResult<Options>>;
  };
}

/** The outcome of {@link OptionsSchema}: the options, or what is wrong with them and where. */
export type OptionsResult<Options> =
  | { readonly value: Options; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** What the interface's configuration asks of the device, beside the driver's own options. */
export interface LinkRequest {
  /** The interface's name in the stack, for messages. */
  readonly interfaceName: string;
  /** Six bytes; a device with an address filter is to take it. Not given: the device's own, if it has one. */
  readonly hardwareAddress?: Uint8Array | undefined;
  /** The largest network-layer packet in bytes, the Ethernet header not counted. Not given: the device's own. */
  readonly mtu?: number | undefined;
  /**
   * The stack's clock; for drivers that note when frames come and go. A {@link LinkDriver.timeFactor} driver shows a
   * frame once its time has come on it. Not to be read before `open` is done.
   */
  readonly clock?: Clock | undefined;
}

/** `up` carries frames; `down` may come back; `gone` never does: the device was removed. */
export type LinkState = 'up' | 'down' | 'gone';

/** An event of a port; `mtu` means that {@link LinkPort.mtu} changed. */
export type LinkEvent = LinkState | 'mtu';

/** How a port calls the stack. Both are called from the event loop, never from inside a call of the stack's. */
export interface LinkListener {
  /** Queue `queue` was armed and has something to poll for. One call an {@link LinkQueue.arm}. */
  onWake(queue: number): void;
  /** The link's state or MTU changed. */
  onEvent(event: LinkEvent): void;
}

/** An open device. Calls are control plane: they may allocate and may throw. */
export interface LinkPort {
  /** The driver's name. */
  readonly driver: string;
  /** The device's name, such as `tap0`. */
  readonly device: string;
  /** The device's own address, six bytes; undefined if it has none (the stack then makes one up). */
  readonly hardwareAddress: Uint8Array | undefined;
  /** The largest network-layer packet in bytes, the Ethernet header not counted. */
  readonly mtu: number;
  /** State of the link now. */
  readonly linkState: LinkState;
  /** Why the link is `gone`, if something went wrong; undefined after an end in order. */
  readonly failure?: Error | undefined;
  /** Number of queues; each belongs to one thread. */
  readonly queueCount: number;
  /** Queue `index`, always the same object; it lives as long as the port. */
  queue(index: number): LinkQueue;
  /** Who hears of wake-ups and events; replaces the earlier listener. Called before the first `arm`. */
  setListener(listener: LinkListener): void;
  /** The multicast addresses (six bytes each) to receive beside our own and broadcast; replaces the earlier list. */
  setMulticastList(addresses: readonly Uint8Array[]): void;
  /** The device's own counters, since it was opened. */
  statistics(): LinkStatistics;
  /**
   * Ends the port: frames accepted for sending are sent or dropped and counted, the buffers that stand in `free`
   * and `stock` are taken back, the device is given back, and no callback comes any more. What the stack still owns
   * then counts as leaked ({@link QueueAudit.inUse}); after `close` the stack touches no frame, and `poll` does
   * nothing and returns 0. Idempotent; also right after an error or when the device is gone.
   */
  close(): Promise<void>;
}

/** Counters of a device, in frames (a chain is one frame) and bytes without frame check sequence. */
export interface LinkStatistics {
  readonly rxFrames: number;
  readonly rxBytes: number;
  readonly txFrames: number;
  readonly txBytes: number;
  /** Frames that the driver lost by reason: on receiving (`rxNoBuffer`, ...), on sending (`txError`, ...). */
  readonly dropped: Readonly<Record<string, number>>;
  /** What the driver refused from the stack by reason (a wrong handle, offset, length, ...): a bug of the stack. */
  readonly refused: Readonly<Record<string, number>>;
  /** What the driver saw beside: frames neither lost nor refused, such as `timesBack`. */
  readonly noted?: Readonly<Record<string, number>> | undefined;
}

// Indices into LinkQueue.counts.
/** To the driver: how many handles stand in `free`. `poll` takes them and sets it to 0. */
export const COUNT_FREE = 0;
/** Both ways: how many handles stand in `stock`. The stack takes from the end; `poll` fills it up again. */
export const COUNT_STOCK = 1;
/** From the driver: how many handles `poll` has put in `done`; those of the last poll are gone. */
export const COUNT_DONE = 2;
/** From the driver: how many of the `txCount` descriptors, counted from the front, were accepted. */
export const COUNT_SENT = 3;
/** From the driver: {@link STATE_UP}, {@link STATE_DOWN} or {@link STATE_GONE}. */
export const COUNT_STATE = 4;
/** Length of {@link LinkQueue.counts}. */
export const COUNTS = 5;

/** Value of `counts[COUNT_STATE]`: the link carries frames. */
export const STATE_UP = 0;
/** Value of `counts[COUNT_STATE]`: no carrier; `poll` returns 0, frames to send are accepted and dropped (counted). */
export const STATE_DOWN = 1;
/** Value of `counts[COUNT_STATE]`: the device was removed; `poll` goes on taking buffers back and returns 0 for good. */
export const STATE_GONE = 2;

/**
 * How a queue wakes the stack that sleeps.
 *
 * - `none`: not at all; `arm` answers false, the stack polls on a timer.
 * - `edge`: only what arrives after `arm` wakes. The stack arms, polls once more, and sleeps if that gave nothing.
 * - `level`: whatever is waiting wakes, also what came before `arm`. The stack arms and sleeps.
 */
export type Wakeup = 'none' | 'edge' | 'level';

/**
 * Where frames move: arrays shared with the stack, and one hot call. One queue is used by one thread only.
 *
 * **Ownership.** A handle is the stack's from the `poll` that shows it in `rx`, `stock` or `done` until the stack
 * passes it back, exactly once, in `free` or in an accepted `tx` descriptor (without `TX_KEEP`). Each array belongs to
 * the stack between two polls, except that `rx` and `done` may be overwritten by the next one. A handle, offset or
 * length that does not fit, a handle returned twice or queued twice is refused and counted in
 * {@link LinkStatistics.refused}; it never harms memory.
 */
export interface LinkQueue {
  /** Where the frames lie. */
  readonly memory: FrameMemory;
  /** Bytes that the driver leaves free before the data of a received frame, at least 64. */
  readonly headroom: number;
  /** The `TX_` requests that the device serves; the stack makes no others. */
  readonly offloads: number;
  /** How the queue wakes a sleeping stack. */
  readonly wakeup: Wakeup;

  /**
   * Received segments: descriptors 0 .. (what `poll` returned) - 1. Its capacity (`length / DESCRIPTOR_WORDS`) is the
   * largest burst. Only whole frames; the first segment of a chain holds the whole frame or at least 256 bytes.
   */
  readonly rx: Int32Array;
  /** Segments to send, written by the stack: descriptors 0 .. txCount - 1 of the next `poll`. */
  readonly tx: Int32Array;
  /** Handles that the stack gives back, `counts[COUNT_FREE]` of them; room for every buffer of the memory. */
  readonly free: Int32Array;
  /** Empty buffers for frames that the stack starts itself, `counts[COUNT_STOCK]` of them. */
  readonly stock: Int32Array;
  /**
   * Handles sent with `TX_KEEP` that the device is finished with, `counts[COUNT_DONE]` of them; they are the stack's. A
   * lent buffer is neither sent again nor freed before. Room for at least as many as `tx`.
   */
  readonly done: Int32Array;
  /** The numbers that go with the arrays: see `COUNT_FREE` and its neighbours. */
  readonly counts: Int32Array;

  /**
   * How many buffers the stack may own at a time beside those that the last `poll` showed it: held for ARP,
   * reassembly or an application. Beyond that reception would starve.
   */
  readonly holdLimit: number;

  /**
   * The one hot call: (1) takes the buffers in `free`, (2) sends the first `txCount` descriptors of `tx` in order,
   * as many as the device takes (`counts[COUNT_SENT]`; never a part of a chain), (3) fills up `stock`, (4) receives
   * up to a burst into `rx`. A frame shorter than 60 bytes is padded with zeros by the driver where the medium wants
   * it. A frame that is refused (misuse) counts as accepted: its valid buffers go back to the pool.
   *
   * A segment of a refused frame that was sent with `TX_KEEP` comes back in `done`, like one that was sent. A frame
   * longer than the MTU allows is accepted and dropped, and counted. Counts that cannot be are refused, and nothing
   * of that array is taken. Whoever holds frames back (a wrapper that delays or reorders) does not return 0 while one
   * of them is due: the stack sleeps on a 0.
   *
   * Allocates nothing, never throws, calls nothing of the stack's.
   *
   * @param txCount descriptors to send
   * @returns number of descriptors in `rx`
   */
  poll(txCount: number): number;

  /**
   * Asks for one {@link LinkListener.onWake}, as {@link wakeup} says. Arming twice is arming once; arming while a
   * wake-up is under way is served by that one. Room for sending wakes nobody: a stack with unsent frames polls on.
   *
   * @returns false if the queue cannot wake anybody now; then the stack polls on a timer
   */
  arm(): boolean;

  /**
   * For drivers with a time of their own ({@link LinkDriver.timeFactor}): when the next frame is due, or the port ends,
   * in microseconds; Infinity for never. The stack polls then, and not later.
   */
  nextFrameAt?(): number;

  /** Where the buffers are. Control plane. */
  audit(): QueueAudit;
}

/** Where a queue's buffers are: `size = available + inUse + device`. */
export interface QueueAudit {
  /** Frame buffers in all. */
  readonly size: number;
  /** In the driver's pool. */
  readonly available: number;
  /** Owned by the stack (rx, stock, done, held). 0 after a clean close. */
  readonly inUse: number;
  /** Held by the device or by a wrapper: posted for receiving, or not yet sent. 0 after close. */
  readonly device: number;
}
