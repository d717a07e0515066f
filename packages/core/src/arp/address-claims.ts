import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import {
  ANNOUNCE_COUNT,
  ANNOUNCE_INTERVAL_US,
  ANNOUNCE_WAIT_US,
  DEFEND_INTERVAL_US,
  PROBE_COUNT,
  PROBE_MAX_US,
  PROBE_MIN_US,
  PROBE_WAIT_US,
  RETRY_INTERVAL_US,
} from './arp-limits.js';
import type { ArpOutput } from './arp-output.js';

/** Who hears what becomes of our addresses. */
export interface ClaimPorts {
  /** Nobody else has the address, as far as three probes tell: from now on it is used. */
  usable(address: number): void;
  /**
   * Another station uses the address.
   *
   * @param isKept we go on using it, and have said so, which happens at most once in 10 seconds; false: it was being
   *   probed, and is not used
   */
  conflict(address: number, macHi: number, macLo: number, isKept: boolean): void;
}

/** One of our addresses on the link, and how far it has come. */
class Claim {
  /** Probes still to be sent; with none left the address is used. */
  probesLeft = 0;
  announcementsLeft = 0;
  /** It may not be used: it is being probed, or another station has it. */
  isProbing = false;
  /** Another station has it; told once, until it is probed again. */
  isLost = false;
  defendedUs = -Infinity;
  readonly timer: Timer;

  constructor(
    readonly address: number,
    due: (claim: Claim) => void,
  ) {
    this.timer = new Timer(() => due(this));
  }
}

/**
 * Our addresses on one link (RFC 5227): probes them before their first use if that is wanted, announces them, and defends
 * them. An address in use is never given up: whoever reaches a server by it would be the loser (section 2.4 (c)).
 */
export class AddressClaims {
  private claims = new Map<number, Claim>();

  constructor(
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    private readonly random: Random,
    private readonly output: ArpOutput,
    private readonly ports: ClaimPorts,
  ) {}

  /** Claims addresses anew: those that are tentative are probed, the others announced, now and once more later. */
  start(addresses: readonly { readonly address: number; readonly isTentative?: boolean | undefined }[]): void {
    this.stop();
    this.claims = new Map();
    for (const { address, isTentative = false } of addresses) {
      const claim = new Claim(address, (due) => this.due(due));
      this.claims.set(address, claim);
      if (isTentative) this.probe(claim, 0);
      else this.announce(claim);
    }
  }

  stop(): void {
    for (const { timer } of this.claims.values()) this.timers.cancel(timer);
  }

  /** True if `address` is one of ours that is not used yet. */
  isProbing(address: number): boolean {
    return this.claims.get(address)?.isProbing === true;
  }

  /** Another station uses, or probes, one of our addresses. */
  conflict(address: number, macHi: number, macLo: number): void {
    const claim = this.claims.get(address);
    if (claim === undefined) return; // not claimed yet: the link has no buffers so far
    const { nowUs } = this.time;
    if (claim.isProbing) {
      const isNews = !claim.isLost;
      claim.isLost = true;
      this.probe(claim, RETRY_INTERVAL_US);
      if (isNews) this.ports.conflict(address, macHi, macLo, false);
    } else if (nowUs - claim.defendedUs >= DEFEND_INTERVAL_US) {
      claim.defendedUs = nowUs;
      this.output.request(address, address);
      this.ports.conflict(address, macHi, macLo, true);
    }
  }

  /** Starts probing at a random moment, `afterUs` from now at the earliest. */
  private probe(claim: Claim, afterUs: number): void {
    claim.isProbing = true;
    claim.probesLeft = PROBE_COUNT;
    this.timers.arm(claim.timer, this.time.nowUs + afterUs + this.below(PROBE_WAIT_US));
  }

  private announce(claim: Claim): void {
    claim.announcementsLeft = ANNOUNCE_COUNT;
    this.due(claim);
  }

  /** The next probe or announcement of a claim is due, or its last probe has found nobody. */
  private due(claim: Claim): void {
    const { address } = claim;
    const { nowUs } = this.time;
    if (claim.probesLeft > 0) {
      claim.isLost = false;
      this.output.request(0, address);
      const isLast = --claim.probesLeft === 0;
      const waitUs = isLast ? ANNOUNCE_WAIT_US : PROBE_MIN_US + this.below(PROBE_MAX_US - PROBE_MIN_US);
      return this.timers.arm(claim.timer, nowUs + waitUs);
    }
    if (claim.isProbing) {
      claim.isProbing = false;
      this.ports.usable(address);
      return this.announce(claim);
    }
    this.output.request(address, address);
    if (--claim.announcementsLeft > 0) this.timers.arm(claim.timer, nowUs + ANNOUNCE_INTERVAL_US);
  }

  private below(us: number): number {
    return (this.random.int32() >>> 0) % us;
  }
}
