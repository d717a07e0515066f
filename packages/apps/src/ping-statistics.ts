import type { PingResult } from 'lunetta';

/** Round trip times and losses of a run of pings. */
export class PingStatistics {
  private sent = 0;
  private received = 0;
  private minUs = Infinity;
  private maxUs = 0;
  private totalUs = 0;

  /** Counts one. */
  add(result: PingResult): void {
    this.sent++;
    if (result.error !== undefined) return;
    this.received++;
    this.minUs = Math.min(this.minUs, result.rttUs);
    this.maxUs = Math.max(this.maxUs, result.rttUs);
    this.totalUs += result.rttUs;
  }

  /** For programs: times in microseconds, there only if something came back. */
  get summary() {
    const { sent, received, minUs, maxUs } = this;
    if (received === 0) return { sent, received };
    return { sent, received, minUs, avgUs: Math.round(this.totalUs / received), maxUs };
  }

  /** For people. */
  get text(): string {
    const { sent, received, minUs = 0, avgUs = 0, maxUs = 0 } = this.summary;
    const counts = `${sent} sent, ${received} received`;
    if (received === 0) return counts;
    return `${counts}; round trip min/avg/max ${[minUs, avgUs, maxUs].map((us) => (us / 1000).toFixed(3)).join('/')} ms`;
  }
}
