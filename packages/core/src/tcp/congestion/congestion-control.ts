/**
 * Congestion control as a plug-in: how many bytes may be in the network. Loss recovery says what happened; the control
 * sets `window` and `threshold` (cwnd and ssthresh of RFC 5681, in bytes). During a recovery `window` is set by
 * proportional rate reduction and the control is not asked.
 *
 * Register one by its name in `congestion/create.ts`. Nothing is allocated in a call.
 */
export interface CongestionControl {
  /** Its name in settings and statistics. */
  readonly name: string;
  /** cwnd: bytes that may be in flight. */
  window: number;
  /** ssthresh: below it the window grows by slow start. */
  threshold: number;
  /** Bytes of a full segment; follows the path MTU. */
  mss: number;
  /**
   * Bytes were acknowledged outside of a recovery, while the window was what limited the sender.
   *
   * @param rttUs the round trip that this acknowledgment showed; 0 if it showed none
   * @param una SND.UNA after it
   * @param next SND.NXT
   */
  acknowledged(bytes: number, rttUs: number, una: number, next: number, nowUs: number): void;
  /** A loss was found, or the peer echoes a congestion mark: sets `threshold`; `window` follows in the recovery. */
  congested(inFlight: number, nowUs: number): void;
  /** The retransmission timer expired, the first time for this data: sets `threshold` and `window`. */
  timedOut(inFlight: number, nowUs: number): void;
  /** The loss was none: `window` and `threshold` have been set back to what they were. */
  undone(): void;
  /** Nothing was sent for `idleUs`, longer than a retransmission timeout; `window` has been reduced for the restart. */
  restarted(idleUs: number): void;
}
