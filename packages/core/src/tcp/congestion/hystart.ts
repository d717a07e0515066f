import { isBefore } from '../sequence.js';

// RFC 9406 section 4.3.
const MIN_RTT_THRESHOLD_US = 4000;
const MAX_RTT_THRESHOLD_US = 16_000;
const MIN_RTT_DIVISOR = 8;
const RTT_SAMPLES = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;
/** L, for who does not pace. */
const LIMIT_SEGMENTS = 8;
const NONE = 0x7fffffff;

/**
 * HyStart++ (RFC 9406): leaves slow start before it overshoots. Once round trips get longer the window grows by a
 * quarter of slow start, for five rounds, unless they get shorter again.
 */
export class HyStart {
  private roundEnd = 0;
  private isStarted = false;
  private lastRoundMinUs = NONE;
  private roundMinUs = NONE;
  private samples = 0;
  /** Rounds of conservative slow start left; 0: plain slow start. */
  private cssRounds = 0;
  private cssBaselineUs = NONE;

  /** By how much the window grows in slow start for `bytes` acknowledged; -1: slow start is over. */
  growth(bytes: number, rttUs: number, una: number, next: number, mss: number): number {
    if (!this.isStarted || !isBefore(una, this.roundEnd)) {
      if (!this.startRound(next)) return -1;
    }
    if (rttUs > 0) this.sample(rttUs);
    const limited = Math.min(bytes, LIMIT_SEGMENTS * mss);
    return this.cssRounds > 0 ? Math.max(1, Math.floor(limited / CSS_GROWTH_DIVISOR)) : limited;
  }

  /** False if conservative slow start has lasted its rounds. */
  private startRound(next: number): boolean {
    this.isStarted = true;
    this.roundEnd = next;
    this.lastRoundMinUs = this.roundMinUs;
    this.roundMinUs = NONE;
    this.samples = 0;
    return this.cssRounds === 0 || --this.cssRounds > 0;
  }

  private sample(rttUs: number): void {
    if (rttUs < this.roundMinUs) this.roundMinUs = rttUs;
    if (++this.samples < RTT_SAMPLES || this.lastRoundMinUs === NONE) return;
    if (this.cssRounds === 0) {
      const threshold = Math.max(
        MIN_RTT_THRESHOLD_US,
        Math.min(this.lastRoundMinUs / MIN_RTT_DIVISOR, MAX_RTT_THRESHOLD_US),
      );
      if (this.roundMinUs < this.lastRoundMinUs + threshold) return;
      this.cssBaselineUs = this.roundMinUs;
      this.cssRounds = CSS_ROUNDS;
    } else if (this.roundMinUs < this.cssBaselineUs) {
      this.cssBaselineUs = NONE;
      this.cssRounds = 0;
    }
  }
}
