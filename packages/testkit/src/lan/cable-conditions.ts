import { LunettaError } from '@lunetta/core';
import type { FaultRates } from '../faults/fault-rates.js';
import { type Duration, durationUs } from '../virtual/duration.js';

/** Bits a second: a number, or one with its unit, such as `'64kbit'`, `'10Mbit'`, `'1Gbit'` (decimal). */
export type Rate = number | `${number}${'bit' | 'kbit' | 'Mbit' | 'Gbit'}`;

/**
 * How one direction of a cable carries frames; faults are drawn when a frame is put on it. In this order: what is longer
 * than `mtu` is lost, what finds the queue full is lost, the others wait for their turn and take `rate` to be sent, then
 * `loss` and the other faults have them, and `delay` and `jitter` pass until they arrive.
 */
export interface CableConditions extends FaultRates {
  /** How long a frame is on its way after its last bit was sent. 0 if not given. */
  readonly delay?: Duration | undefined;
  /** How much the delay varies, evenly, in both directions; frames do not overtake for it. 0 if not given. */
  readonly jitter?: Duration | undefined;
  /** How fast bits are put on the cable: the frame's own, without preamble, check sequence and gap. No limit if not given. */
  readonly rate?: Rate | undefined;
  /** How many wait at most behind the frame that is being sent; the next one is lost. 1000 packets if not given. */
  readonly queue?: { readonly packets?: number | undefined; readonly bytes?: number | undefined } | undefined;
  /** Longest packet in bytes, the Ethernet header not counted. No limit if not given. */
  readonly mtu?: number | undefined;
  /** How long a frame that is to come late waits for later ones at most. 50 ms if not given. */
  readonly reorderingWait?: Duration | undefined;
  /** Frames under way at most; the next one is lost. 65,536 if not given. */
  readonly inFlight?: number | undefined;
}

/** What of {@link CableConditions} is no fault, in microseconds, bits a second and bytes. */
export interface CheckedConditions {
  readonly delayUs: number;
  readonly jitterUs: number;
  readonly bitsPerSecond: number;
  readonly queuePackets: number;
  readonly queueBytes: number;
  readonly mtu: number;
  readonly reorderingWaitUs: number;
  readonly inFlight: number;
}

const UNITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

/**
 * Fills in what was not given.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is none of its kind
 */
export function checkConditions(conditions: CableConditions): CheckedConditions {
  const { delay = 0, jitter = 0, rate = Infinity, queue = {}, mtu = Infinity } = conditions;
  const { reorderingWait = '50ms', inFlight = 65_536 } = conditions;
  return {
    delayUs: checkDuration('delay', delay),
    jitterUs: checkDuration('jitter', jitter),
    bitsPerSecond: bitsPerSecond(rate),
    queuePackets: checkLimit('queue.packets', queue.packets ?? (queue.bytes === undefined ? 1000 : Infinity), 0),
    queueBytes: checkLimit('queue.bytes', queue.bytes ?? Infinity, 0),
    mtu: checkLimit('mtu', mtu, 1),
    reorderingWaitUs: checkDuration('reorderingWait', reorderingWait),
    inFlight: checkLimit('inFlight', inFlight, 1),
  };
}

function checkDuration(name: string, duration: Duration): number {
  try {
    return durationUs(duration);
  } catch (cause) {
    throw wrong(`${name}: ${(cause as Error).message}`);
  }
}

function bitsPerSecond(rate: Rate): number {
  const match = /^(\d+(?:\.\d+)?)(bit|kbit|Mbit|Gbit)$/.exec(String(rate));
  const bits = typeof rate === 'number' ? rate : Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? NaN);
  if (!(bits > 0)) throw wrong(`rate is '${rate}'; give bits a second, or a number with bit, kbit, Mbit or Gbit`);
  return bits;
}

function checkLimit(name: string, limit: number, least: number): number {
  if (!(limit >= least)) throw wrong(`${name} is ${limit}; give a number from ${least}`);
  return limit;
}

function wrong(detail: string): LunettaError {
  return new LunettaError('LUNETTA_ERR_CONFIG', `cable: ${detail}`);
}
