import type { CongestionControl } from './congestion-control.js';
import { HyStart } from './hystart.js';

// RFC 9438 sections 4.1, 4.3 and 4.6.
const C = 0.4;
const BETA = 0.7;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
/** The window grows by half a window in a round trip at most (RFC 9438 section 4.2). */
const MAX_GROWTH = 1.5;

/** ssthresh before the first loss. */
const NO_THRESHOLD = 0x7fffffff;

/** What CUBIC needs once a window has turned out to be too large. */
class Curve {
  /** The window before the last reduction. */
  maxWindow = 0.5;
  /** The window at the last reduction: up to there the estimate grows by alpha, beyond it as Reno does. */
  priorWindow = 0.5;
  /** Seconds from the start of the epoch until the window is there again. */
  k = 0.5;
  epochUs = -0.5;
  isInEpoch = false;
  /** What Reno would have. */
  estimate = 0.5;
  /** The window, with its fraction. */
  exact = 0.5;
  rttUs = 0;

  constructor() {
    this.maxWindow = 0;
    this.priorWindow = 0;
  }
}

/** CUBIC (RFC 9438), slow start by HyStart++ (RFC 9406). Windows in bytes, times in microseconds. */
export class Cubic implements CongestionControl {
  threshold = NO_THRESHOLD;
  /** Only for the first slow start. */
  private hystart: HyStart | undefined = undefined;
  private curve: Curve | undefined = undefined;

  constructor(
    public mss: number,
    public window: number,
  ) {}

  get name(): string {
    return 'cubic';
  }

  acknowledged(bytes: number, rttUs: number, una: number, next: number, nowUs: number): void {
    if (this.window < this.threshold) return this.slowStart(bytes, rttUs, una, next);
    const curve = (this.curve ??= new Curve());
    if (rttUs > 0) curve.rttUs = rttUs;
    if (!curve.isInEpoch) this.startEpoch(curve, nowUs);
    const seconds = (nowUs - curve.epochUs) / 1e6;
    this.grow(curve, bytes, seconds);
  }

  private slowStart(bytes: number, rttUs: number, una: number, next: number): void {
    if (this.threshold !== NO_THRESHOLD) {
      this.window += bytes;
      return;
    }
    this.hystart ??= new HyStart();
    const growth = this.hystart.growth(bytes, rttUs, una, next, this.mss);
    if (growth >= 0) {
      this.window += growth;
      return;
    }
    this.hystart = undefined;
    this.threshold = this.window;
  }

  private startEpoch(curve: Curve, nowUs: number): void {
    const { window, mss } = this;
    curve.isInEpoch = true;
    curve.epochUs = nowUs;
    curve.exact = window;
    curve.estimate = window;
    if (window < curve.maxWindow) {
      curve.k = Math.cbrt((curve.maxWindow - window) / mss / C);
    } else {
      curve.k = 0;
      curve.maxWindow = window;
    }
  }

  private cubic({ maxWindow, k }: Curve, seconds: number): number {
    return maxWindow + C * (seconds - k) ** 3 * this.mss;
  }

  private grow(curve: Curve, bytes: number, seconds: number): void {
    if (Math.floor(curve.exact) !== this.window) curve.exact = this.window; // a recovery has set it
    const alpha = curve.estimate < curve.priorWindow ? ALPHA : 1;
    curve.estimate += (alpha * this.mss * bytes) / curve.exact;
    if (this.cubic(curve, seconds) < curve.estimate) {
      curve.exact = Math.max(curve.exact, curve.estimate); // RFC 9438 section 4.3
    } else {
      const ahead = this.cubic(curve, seconds + curve.rttUs / 1e6);
      const target = Math.min(Math.max(ahead, curve.exact), MAX_GROWTH * curve.exact);
      curve.exact += ((target - curve.exact) * bytes) / curve.exact;
    }
    this.window = Math.floor(curve.exact);
  }

  congested(inFlight: number): void {
    const { window, mss } = this;
    const curve = (this.curve ??= new Curve());
    this.hystart = undefined;
    curve.isInEpoch = false;
    // Fast convergence (RFC 9438 section 4.7): who has less than before makes room for others.
    curve.maxWindow = window < curve.maxWindow ? (window * (1 + BETA)) / 2 : window;
    curve.priorWindow = window;
    this.threshold = Math.max(Math.floor(Math.min(window, Math.max(inFlight, 1)) * BETA), 2 * mss);
  }

  timedOut(inFlight: number): void {
    this.congested(inFlight);
    this.window = this.mss;
  }

  undone(): void {
    const { curve } = this;
    if (curve === undefined) return;
    curve.isInEpoch = false;
    curve.maxWindow = Math.max(curve.maxWindow, curve.priorWindow);
  }

  restarted(idleUs: number): void {
    if (this.curve !== undefined) this.curve.epochUs += idleUs; // time without sending is no time (RFC 9438 section 5.8)
  }
}
