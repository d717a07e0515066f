import type { ControlBlock } from '../control-block.js';
import { deadlinesOf } from '../schedule.js';

/** What the rate makes of so long leaves at once: so often a connection that is paced is looked at. */
const QUANTUM_US = 1000;
/** How much faster than a window a round trip: while it doubles in that time, and after (so that it can be seen to be full). */
const SLOW_START_GAIN = 2;
const GAIN = 1.2;

/**
 * True if the connection is to wait before it sends on; its timer will wake it. A window leaves spread over its round trip
 * (RFC 9002 section 7.7), for queues on the way that are shorter than it; where the round trip is of the quantum's size, it
 * leaves at once as ever.
 */
export function mustWait(block: ControlBlock): boolean {
  const { sender, shared } = block;
  if (!isPaced(block) || sender.isIdle) return false;
  const { pacedUntilUs } = block.deadlines;
  if (pacedUntilUs < shared.nowUs + QUANTUM_US) return false;
  deadlinesOf(block).sendAtUs = pacedUntilUs;
  sender.recovery.isLimited = true; // the rate is the window's
  return true;
}

/** The most text that leaves in one piece. */
export function pieceOf(block: ControlBlock, length: number): number {
  if (!isPaced(block)) return length;
  return Math.min(length, Math.max(2 * block.sender.mss, Math.floor(QUANTUM_US * rateOf(block))));
}

/** So much text was sent. */
export function spend(block: ControlBlock, length: number): void {
  if (!isPaced(block)) return;
  const deadlines = deadlinesOf(block);
  deadlines.pacedUntilUs = Math.max(deadlines.pacedUntilUs, block.shared.nowUs) + length / rateOf(block);
}

/** Not before a round trip is known, nor if it is so short that a window leaves in one quantum. */
function isPaced({ sender, shared }: ControlBlock): boolean {
  return shared.limits.pacing && sender.rtt.smoothedUs >= SLOW_START_GAIN * QUANTUM_US;
}

/** Bytes a microsecond. */
function rateOf({ sender }: ControlBlock): number {
  const { congestion, rtt } = sender;
  const gain = congestion.window < congestion.threshold ? SLOW_START_GAIN : GAIN;
  return (gain * congestion.window) / rtt.smoothedUs;
}
