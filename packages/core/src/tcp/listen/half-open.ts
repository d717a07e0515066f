import { Path } from '../../network/path.js';
import { Timer } from '../../time/timer.js';
import type { SynOffer } from '../../wire/tcp-options.js';
import type { TcpListener } from './tcp-listener.js';

/** A connection whose SYN has come and whose handshake is not over (SYN-RECEIVED): no more than that needs. */
export class HalfOpen implements SynOffer {
  readonly path = new Path();
  readonly timer: Timer;
  localPort = 0;
  remotePort = 0;
  /** The peer's initial sequence number, and ours. */
  irs = 0;
  iss = 0;
  peerMss = -1;
  /** Our MSS, and what both know of options. */
  mss = 0;
  isSackPermitted = false;
  hasTimestamps = false;
  hasEcn = false;
  /** Our shift, or -1; the peer's. */
  windowShift = -1;
  peerWindowShift = -1;
  timestampOffset = 0;
  recentTimestamp = 0;
  /** SYN-ACKs sent; when the last one was, microseconds. */
  attempts = 0;
  sentAtUs = Infinity;

  constructor(
    readonly listener: TcpListener,
    onTimer: (halfOpen: HalfOpen) => void,
  ) {
    this.timer = new Timer(() => onTimer(this));
  }

  get ports(): number {
    return (this.remotePort << 16) | this.localPort;
  }
}
