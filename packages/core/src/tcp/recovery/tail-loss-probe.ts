import { isAfter, isBefore } from '../sequence.js';
import type { RttEstimator } from '../rtt-estimator.js';

/** The worst delay of an acknowledgment of a single segment (RFC 8985 section 7.2). */
const MAX_ACK_DELAY_US = 200_000;

/** Tail loss probes (RFC 8985 section 7): when acknowledgments stop, one segment finds out what became of the last ones. */
export class TailLossProbe {
  /** A probe is under way. */
  isOut = false;
  /** SND.NXT after the probe. */
  private end = 0;
  private isRetransmission = false;
  private rtt!: RttEstimator;

  /** Is lent to a sender that has nothing under way. */
  lend(rtt: RttEstimator): void {
    this.rtt = rtt;
    this.isOut = false;
  }

  /** How long after the last segment was sent the probe is due, microseconds; 0: none. */
  timeoutUs(isSingleSegment: boolean): number {
    if (this.isOut || !this.rtt.hasSample) return 0;
    return 2 * this.rtt.smoothedUs + (isSingleSegment ? MAX_ACK_DELAY_US : 2000);
  }

  /** The probe was sent. */
  sent(next: number, isRetransmission: boolean): void {
    this.isOut = true;
    this.end = next;
    this.isRetransmission = isRetransmission;
  }

  /**
   * Looks what an acknowledgment says of the probe (RFC 8985 section 7.4).
   *
   * @param isPlainDuplicate it is a duplicate ACK without SACK
   * @returns true if the probe has repaired a loss, for which congestion control is to answer
   */
  acknowledged(una: number, hasDuplicate: boolean, isPlainDuplicate: boolean): boolean {
    if (!this.isOut || isBefore(una, this.end)) return false;
    if (!this.isRetransmission || hasDuplicate) {
      this.isOut = false;
    } else if (isAfter(una, this.end)) {
      this.isOut = false;
      return true;
    } else if (isPlainDuplicate) {
      this.isOut = false;
    }
    return false;
  }

  clear(): void {
    this.isOut = false;
  }
}
