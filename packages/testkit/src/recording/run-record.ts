import { z } from 'zod';

/** The version of the format. */
export const RECORDING_VERSION = 1;

/** Bytes in hexadecimal. */
const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/, 'must be bytes in hexadecimal');
const timeUs = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const count = z.int().min(0).max(65_536);
const values = z.array(z.json());

/** The first line: what a stack is made of beside its links. */
const runHeader = z.strictObject({
  run: z.literal(RECORDING_VERSION),
  seed: z.number(),
  startUs: timeUs,
  settings: z.record(z.string(), z.record(z.string(), z.json())),
});

/** The application called the stack, or from inside a callback. */
const call = z.strictObject({ t: timeUs, call: z.string(), args: values });
/** What the last call has given back; left out if that is nothing. */
const result = z.strictObject({ return: z.json() });
/** The last call threw an error with this code. */
const failure = z.strictObject({ throws: z.string(), message: z.string() });
/** The application set a property of an object of the stack's. */
const assignment = z.strictObject({ t: timeUs, set: z.string(), to: z.json() });
/** The stack called the application; the calls that it made in there follow, up to the {@link callbackEnd}. */
const callback = z.strictObject({ callback: z.string(), args: values });
const callbackEnd = z.strictObject({ end: z.string() });
/** The device told the stack of a change outside of a poll. */
const linkEvent = z.strictObject({
  t: timeUs,
  event: z.string(),
  is: z.enum(['up', 'down', 'gone', 'mtu']),
  mtu: z.int().min(1).max(65_535),
});
/** The stack was closed, and had counted this. */
const closed = z.strictObject({ t: timeUs, closed: z.json() });

/** A frame as the driver showed it, with what a plain one does not have. */
const shownFrame = z.strictObject({
  frame: hex,
  /** The descriptor's `RX_` flags. */
  flags: z.int().min(0).optional(),
  /** Lengths of the segments, if there are several. */
  segments: z.array(z.int().min(1)).optional(),
  vlan: z.int().optional(),
  hash: z.int().optional(),
});

/**
 * A poll of an interface that moved frames or at which a timer was due; others change nothing and are left out. `tx` is
 * what the driver took of what the stack offered, `rx` what it showed after that.
 */
const poll = z.strictObject({
  t: timeUs,
  poll: z.string(),
  tx: z.array(hex).optional(),
  /** Frames offered that the driver did not take. */
  left: count.optional(),
  rx: z.array(z.union([hex, shownFrame])).optional(),
  /** Empty buffers in stock after it, if not as many as fit. */
  stock: count.optional(),
  /** The link's state in `counts`, if another than before. */
  state: z.int().min(0).max(2).optional(),
});

/** A line after the first one: something that crossed the stack's border, in the order in which it happened. */
export const runRecord = z.union([poll, callback, callbackEnd, call, result, failure, assignment, linkEvent, closed]);

export { runHeader };
export type RunHeader = z.output<typeof runHeader>;
export type RunRecord = z.output<typeof runRecord>;
export type PollRecord = z.output<typeof poll>;
export type ShownFrame = z.output<typeof shownFrame>;
export type LinkEventRecord = z.output<typeof linkEvent>;

/** The link port as the stack saw it when it was handed over. */
export const portShape = z
  .strictObject({
    port: z.string(),
    mtu: z.int().min(1).max(65_535),
    linkState: z.enum(['up', 'down', 'gone']),
    hardwareAddress: hex.optional(),
    buffers: count,
    bufferSize: z
      .int()
      .min(128)
      .max(1 << 20),
    headroom: z
      .int()
      .min(64)
      .max(1 << 16),
    burst: count,
    txCapacity: count,
    stock: count,
    holdLimit: z.int(),
    offloads: z.int().min(0),
  })
  .refine(({ buffers, bufferSize }) => buffers * bufferSize < 2 ** 31, 'a memory is smaller than 2 GiB');
export type PortShape = z.output<typeof portShape>;
