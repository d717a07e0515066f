import type { CheckedConditions } from './cable-conditions.js';

/** The sending end of a cable: one frame after the other at the cable's rate, those that wait in a bounded queue. */
export class TransmitQueue {
  /** When the last bit of all accepted frames is sent, in microseconds. */
  private freeUs = 0;
  /** When the frames that wait start, and their lengths; those before `first` have started. */
  private starts: number[] = [];
  private lengths: number[] = [];
  private first = 0;
  private waitingBytes = 0;

  /** Accepts a frame: when its last bit is sent, or -1 if the queue is full. */
  offer(nowUs: number, length: number, conditions: CheckedConditions): number {
    const { bitsPerSecond, queuePackets, queueBytes } = conditions;
    this.dropStarted(nowUs);
    const startUs = Math.max(nowUs, this.freeUs);
    if (startUs > nowUs) {
      if (this.waiting >= queuePackets || this.waitingBytes + length > queueBytes) return -1;
      this.starts.push(startUs);
      this.lengths.push(length);
      this.waitingBytes += length;
    }
    this.freeUs = startUs + (8e6 * length) / bitsPerSecond;
    return this.freeUs;
  }

  private get waiting(): number {
    return this.starts.length - this.first;
  }

  private dropStarted(nowUs: number): void {
    const { starts, lengths } = this;
    while (this.first < starts.length && starts[this.first] <= nowUs) this.waitingBytes -= lengths[this.first++];
    if (2 * this.first < starts.length) return;
    this.starts = starts.slice(this.first);
    this.lengths = lengths.slice(this.first);
    this.first = 0;
  }
}
