import type { TcpLimits } from './tcp-limits.js';

/** Of how long ago the least round trip may be, in microseconds (RFC 8985 section 6.2, step 1: windowed). */
const MIN_WINDOW_US = 10_000_000;
/** The clock's granularity G of RFC 6298. */
const GRANULARITY_US = 1000;

/** Round-trip times and what follows from them: the retransmission timeout (RFC 6298). Whole microseconds. */
export class RttEstimator {
  /** SRTT; 0 before the first sample. */
  smoothedUs = 0;
  /** RTTVAR. */
  variationUs = 0;
  /** The least round trip of the last seconds; the greatest number before the first sample. */
  minUs = 0x7fffffff;
  /** How often the timeout was doubled. */
  backoffs = 0;
  private minAtUs = 0;
  private nextMinUs = 0x7fffffff;

  constructor(private readonly limits: TcpLimits) {}

  get hasSample(): boolean {
    return this.smoothedUs > 0;
  }

  /** Takes in a round trip (RFC 6298 section 2). */
  sample(rttUs: number, nowUs: number): void {
    rttUs = Math.max(1, Math.min(rttUs, 0x3fffffff));
    this.noteMin(rttUs, nowUs);
    this.backoffs = 0;
    if (this.smoothedUs === 0) {
      this.smoothedUs = rttUs;
      this.variationUs = rttUs >> 1;
      return;
    }
    const deviation = Math.abs(this.smoothedUs - rttUs);
    this.variationUs += (deviation - this.variationUs) >> 2;
    this.smoothedUs = Math.max(1, this.smoothedUs + ((rttUs - this.smoothedUs) >> 3));
  }

  private noteMin(rttUs: number, nowUs: number): void {
    const age = (nowUs - this.minAtUs) | 0;
    if (rttUs <= this.minUs) {
      this.minUs = rttUs;
      this.nextMinUs = 0x7fffffff;
      this.minAtUs = nowUs | 0;
    } else if (age < 0 || age > MIN_WINDOW_US) {
      this.minUs = Math.min(rttUs, this.nextMinUs);
      this.nextMinUs = 0x7fffffff;
      this.minAtUs = nowUs | 0;
    } else if (age > MIN_WINDOW_US >> 1 && rttUs < this.nextMinUs) {
      this.nextMinUs = rttUs;
    }
  }

  /** The timeout expired: the next one is twice as long (RFC 6298 section 5.5). */
  backOff(): void {
    this.backoffs++;
  }

  /** New data was acknowledged after a timeout: the timeout is worked out anew (RFC 6298 section 5.7). */
  relax(): void {
    this.backoffs = 0;
  }

  /** The retransmission timeout, microseconds. */
  get timeoutUs(): number {
    const { initialRtoMs, minRtoMs, maxRtoMs } = this.limits;
    const base = this.hasSample
      ? Math.max(minRtoMs * 1000, this.smoothedUs + Math.max(GRANULARITY_US, 4 * this.variationUs))
      : initialRtoMs * 1000;
    return Math.min(maxRtoMs * 1000, base * 2 ** this.backoffs);
  }
}
