/** Proportional Rate Reduction (RFC 9937): how much may be sent for each acknowledgment of a recovery. */
export class ProportionalRate {
  private delivered = 0;
  private sentBytes = 0;
  private flightSize = 1;

  /** A recovery begins with so many bytes in flight. */
  begin(flightSize: number): void {
    this.delivered = 0;
    this.sentBytes = 0;
    this.flightSize = Math.max(1, flightSize);
  }

  /** Bytes were sent, new ones or again. */
  sent(length: number): void {
    this.sentBytes += length;
  }

  /**
   * The congestion window after an acknowledgment (RFC 9937 section 6).
   *
   * @param delivered bytes that it says have arrived
   * @param inFlight bytes in the network now
   * @param isSafe it acknowledges new bytes and tells of no further loss
   */
  window(delivered: number, inFlight: number, ssthresh: number, mss: number, isSafe: boolean): number {
    this.delivered += delivered;
    let allowed: number;
    if (inFlight > ssthresh) {
      allowed = Math.ceil((this.delivered * ssthresh) / this.flightSize) - this.sentBytes;
    } else {
      allowed = Math.max(this.delivered - this.sentBytes, delivered);
      if (isSafe) allowed += mss;
      allowed = Math.min(ssthresh - inFlight, allowed);
    }
    // The first retransmission leaves in any case.
    if (this.sentBytes === 0) allowed = Math.max(allowed, mss);
    return inFlight + Math.max(0, allowed);
  }
}
