import type { CongestionControl } from './congestion-control.js';
import { HyStart } from './hystart.js';

// RFC 9438 sections 4.1, 4.3 and 4.6.
const C = 0.4;
const BETA = 0.7;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
/** The window grows by half a window in a round trip at most (RFC 9438 section 4.2). */
const MAX_GROWTH = 1.5;

/** CUBIC (RFC 9438), slow start by HyStart++ (RFC 9406). Windows in bytes, times in microseconds. */
export class Cubic implements CongestionControl {
  readonly name = 'cubic';
  threshold = 0x7fffffff;
  /** Only for the first slow start. */
  private hystart: HyStart | undefined = new HyStart();
  /** The window before the last reduction. */
  private maxWindow = 0.5;
  /** Seconds from the start of the epoch until the window is there again. */
  private k = 0.5;
  private epochUs = -0.5;
  private isInEpoch = false;
  /** What Reno would have. */
  private estimate = 0.5;
  /** The window at the last reduction: up to there the estimate grows by alpha, beyond it as Reno does. */
  private priorWindow = 0.5;
  private rttUs = 0;
  private exact = 0.5;

  constructor(
    public mss: number,
    public window: number,
  ) {
    this.maxWindow = 0;
    this.priorWindow = 0;
  }

  acknowledged(bytes: number, rttUs: number, una: number, next: number, nowUs: number): void {
    if (rttUs > 0) this.rttUs = rttUs;
    if (this.window < this.threshold) return this.slowStart(bytes, rttUs, una, next);
    if (!this.isInEpoch) this.startEpoch(nowUs);
    const seconds = (nowUs - this.epochUs) / 1e6;
    this.grow(bytes, seconds);
  }

  private slowStart(bytes: number, rttUs: number, una: number, next: number): void {
    if (this.hystart === undefined) {
      this.window += bytes;
      return;
    }
    const growth = this.hystart.growth(bytes, rttUs, una, next, this.mss);
    if (growth >= 0) {
      this.window += growth;
      return;
    }
    this.hystart = undefined;
    this.threshold = this.window;
  }

  private startEpoch(nowUs: number): void {
    this.isInEpoch = true;
    this.epochUs = nowUs;
    this.exact = this.window;
    this.estimate = this.window;
    if (this.window < this.maxWindow) {
      this.k = Math.cbrt((this.maxWindow - this.window) / this.mss / C);
    } else {
      this.k = 0;
      this.maxWindow = this.window;
    }
  }

  private cubic(seconds: number): number {
    return this.maxWindow + C * (seconds - this.k) ** 3 * this.mss;
  }

  private grow(bytes: number, seconds: number): void {
    if (Math.floor(this.exact) !== this.window) this.exact = this.window; // a recovery has set it
    const alpha = this.estimate < this.priorWindow ? ALPHA : 1;
    this.estimate += (alpha * this.mss * bytes) / this.exact;
    if (this.cubic(seconds) < this.estimate) {
      this.exact = Math.max(this.exact, this.estimate); // RFC 9438 section 4.3
    } else {
      const ahead = this.cubic(seconds + this.rttUs / 1e6);
      const target = Math.min(Math.max(ahead, this.exact), MAX_GROWTH * this.exact);
      this.exact += ((target - this.exact) * bytes) / this.exact;
    }
    this.window = Math.floor(this.exact);
  }

  congested(inFlight: number): void {
    this.hystart = undefined;
    this.isInEpoch = false;
    // Fast convergence (RFC 9438 section 4.7): who has less than before makes room for others.
    this.maxWindow = this.window < this.maxWindow ? (this.window * (1 + BETA)) / 2 : this.window;
    this.priorWindow = this.window;
    this.threshold = Math.max(Math.floor(Math.min(this.window, Math.max(inFlight, 1)) * BETA), 2 * this.mss);
  }

  timedOut(inFlight: number): void {
    this.congested(inFlight);
    this.window = this.mss;
  }

  undone(): void {
    this.isInEpoch = false;
    this.maxWindow = Math.max(this.maxWindow, this.priorWindow);
  }

  restarted(idleUs: number): void {
    this.epochUs += idleUs; // time without sending is no time (RFC 9438 section 5.8)
  }
}
