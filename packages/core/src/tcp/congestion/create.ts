import type { TcpLimits } from '../tcp-limits.js';
import type { CongestionControl } from './congestion-control.js';
import { Cubic } from './cubic.js';
import { NewReno } from './new-reno.js';

/** The congestion control of a new connection. */
export function createCongestionControl(limits: TcpLimits, mss: number): CongestionControl {
  const window = initialWindow(limits, mss);
  return limits.congestionControl === 'newreno' ? new NewReno(mss, window) : new Cubic(mss, window);
}

/** Bytes of the window that a connection starts with (RFC 6928 section 2), and after a pause (RFC 5681 section 4.1). */
export function initialWindow({ initialWindow: segments }: TcpLimits, mss: number): number {
  return Math.min(segments * mss, Math.max(2 * mss, segments * 1460));
}
