import type { CongestionControl } from './congestion-control.js';

/** Congestion control of RFC 5681, with appropriate byte counting (RFC 3465, L = 2). */
export class NewReno implements CongestionControl {
  threshold = 0x7fffffff;
  /** Bytes acknowledged towards the next growth in congestion avoidance. */
  private counted = 0;

  constructor(
    public mss: number,
    public window: number,
  ) {}

  get name(): string {
    return 'newreno';
  }

  acknowledged(bytes: number): void {
    if (this.window < this.threshold) {
      this.window += Math.min(bytes, 2 * this.mss);
      return;
    }
    this.counted += bytes;
    if (this.counted < this.window) return;
    this.counted -= this.window;
    this.window += this.mss;
  }

  congested(inFlight: number): void {
    this.threshold = Math.max(inFlight >> 1, 2 * this.mss);
    this.counted = 0;
  }

  timedOut(inFlight: number): void {
    this.congested(inFlight);
    this.window = this.mss;
  }

  undone(): void {
    this.counted = 0;
  }

  restarted(): void {
    this.counted = 0;
  }
}
