import { Timer } from '../time/timer.js';

/** What the retransmission timer is for. */
export enum TimerPurpose {
  NONE,
  /** RFC 6298; also for SYN, FIN and zero-window probes. */
  RETRANSMIT,
  /** RACK's reordering timer. */
  REORDERING,
  /** A tail loss probe. */
  PROBE,
  /** Data waits for a window that is too small (RFC 9293 sections 3.8.6.1 and 3.8.6.2.1). */
  PERSIST,
}

/**
 * What is due on a connection, and when: microseconds, Infinity for never. The deadlines are kept apart and share one
 * timer. They are lent to the connection (`deadlinesOf`) until nothing is due any more; all others have one and the
 * same object, on which nothing ever is.
 */
export class Deadlines<Owner> {
  readonly timer: Timer;
  retransmitAtUs = Infinity;
  acknowledgeAtUs = Infinity;
  aliveAtUs = Infinity;
  /** Pacing: text waits for this moment; up to then what was sent takes at the connection's rate. */
  sendAtUs = Infinity;
  pacedUntilUs = 0;
  /** When the timer is armed for. */
  armedAtUs = Infinity;
  /** What {@link retransmitAtUs} is for. */
  purpose = TimerPurpose.NONE;
  /** An acknowledgment has come that starts the timer anew; text was sent, which puts a probe off. */
  isStale = false;
  isProbeStale = false;
  /** SWS avoidance has waited long enough (RFC 9293 section 3.8.6.2.1, the override timeout). */
  isOverridden = false;
  /** Since when sent data has gone unanswered; Infinity: it has not. */
  silentSinceUs = Infinity;
  /** How often something was sent again since then. */
  unanswered = 0;
  /** The SYN found no room on the link. */
  isSynDue = false;
  /** Until when connecting may take. */
  connectEndUs = Infinity;
  private owner: Owner | undefined = undefined;

  constructor(onTimer: (owner: Owner) => void) {
    this.timer = new Timer(() => onTimer(this.owner!));
  }

  /** Becomes those of a connection, on which nothing is due yet. */
  lend(owner: Owner): void {
    this.owner = owner;
    this.armedAtUs = Infinity;
    this.purpose = TimerPurpose.NONE;
    this.isStale = false;
    this.isProbeStale = false;
    this.isOverridden = false;
    this.retransmitAtUs = Infinity;
    this.acknowledgeAtUs = Infinity;
    this.aliveAtUs = Infinity;
    this.sendAtUs = Infinity;
    this.pacedUntilUs = 0;
    this.silentSinceUs = Infinity;
    this.unanswered = 0;
    this.isSynDue = false;
    this.connectEndUs = Infinity;
  }

  /** It is nobody's any more; the timer is not armed. */
  takeBack(): void {
    this.owner = undefined;
  }
}
