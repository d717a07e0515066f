import type { Random } from '../../time/host.js';
import type { Segment } from '../segment.js';
import { SipHash } from './sip-hash.js';

/** MSS values that a cookie can say: the largest one not above the peer's counts. */
const MSS_VALUES = [88, 536, 966, 1200, 1400, 1440, 1460, 8960];
/** A cookie is good for the period that it was made in and the next one. */
const PERIOD_US = 64_000_000;
const HASH_MASK = 0xffffff;
/** In the low bits of the timestamp: window shift (15: none), SACK permitted. */
const STAMP_BITS = 5;
const STAMP_MASK = (1 << STAMP_BITS) - 1;
const NO_SHIFT = 15;

/** What a cookie says of the SYN that it answers. */
export interface CookieContent {
  mss: number;
  /** -1: none. */
  windowShift: number;
  hasSack: boolean;
}

/**
 * SYN cookies (RFC 4987 section 3.6): when the queue is full, what a SYN said is kept in our initial sequence number and
 * timestamp, which the peer brings back. Bits of the sequence number: 5 of the time, 3 of the MSS, 24 of a secret hash.
 */
export class SynCookies {
  /** What the last accepted cookie said. */
  readonly content: CookieContent = { mss: 0, windowShift: -1, hasSack: false };
  private readonly hash: SipHash;

  constructor(random: Random) {
    this.hash = new SipHash(random);
  }

  /** The initial sequence number with which to answer a SYN. */
  make(segment: Segment, ports: number, nowUs: number): number {
    const { mss } = segment.options;
    let index = 0;
    while (index + 1 < MSS_VALUES.length && MSS_VALUES[index + 1] <= mss) index++;
    return this.cookie(segment, segment.seq, ports, periodOf(nowUs), index);
  }

  /** The timestamp with which to answer it. */
  stamp(time: number, windowShift: number, hasSack: boolean): number {
    const shift = windowShift >= 0 ? windowShift : NO_SHIFT;
    return (time & ~STAMP_MASK) | (shift << 1) | (hasSack ? 1 : 0);
  }

  /** Reads the cookie that an ACK brings back into {@link content}; false if it is none of ours, or too old. */
  accept(segment: Segment, ports: number, nowUs: number): boolean {
    const cookie = (segment.ack - 1) | 0;
    const index = (cookie >>> 24) & 7;
    const period = cookie >>> 27;
    const age = (periodOf(nowUs) - period) & 31;
    if (age > 1 || this.cookie(segment, (segment.seq - 1) | 0, ports, period, index) !== cookie) return false;
    const { content } = this;
    const { hasTimestamps, tsEcho } = segment.options;
    const shift = hasTimestamps ? (tsEcho & STAMP_MASK) >>> 1 : NO_SHIFT;
    content.mss = MSS_VALUES[index];
    content.windowShift = shift === NO_SHIFT ? -1 : shift;
    content.hasSack = hasTimestamps && (tsEcho & 1) !== 0;
    return true;
  }

  private cookie({ local, remote }: Segment, irs: number, ports: number, period: number, index: number): number {
    const hash = this.hash.of(local, remote, ports, irs, (period << 3) | index);
    return (period << 27) | (index << 24) | (hash & HASH_MASK);
  }
}

function periodOf(nowUs: number): number {
  return Math.floor(nowUs / PERIOD_US) & 31;
}
