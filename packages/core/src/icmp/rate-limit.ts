import { KeyedHash } from '../table/keyed-hash.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';

const BUCKET_BITS = 8;
/** A global token costs between 1 and this many, at random. */
const RANDOM_COST = 3;

/** How many ICMP errors may be sent (RFC 1812 section 4.3.2.8). */
export interface IcmpLimits {
  /** Errors a second to all destinations together. */
  readonly errorsPerSecond: number;
  /** Errors at once to all destinations together. */
  readonly burst: number;
  /** Errors a second to one destination. */
  readonly perDestinationPerSecond: number;
  /** Errors at once to one destination. */
  readonly perDestinationBurst: number;
}

export const DEFAULT_ICMP_LIMITS: IcmpLimits = {
  errorsPerSecond: 1000,
  burst: 100,
  perDestinationPerSecond: 10,
  perDestinationBurst: 10,
};

/**
 * Token buckets for ICMP errors: one a destination (by a keyed hash, so that a flood from one source does not silence
 * us towards others) and one for all. The common one takes a random number of tokens for each error, so that nobody
 * can count by it what others were sent (SAD DNS, CVE-2020-25705).
 */
export class IcmpRateLimit {
  private readonly hash: KeyedHash;
  private readonly tokens: Float64Array;
  private readonly filledUs: Float64Array;
  private commonTokens: number;
  private commonFilledUs: number;

  constructor(
    private readonly limits: IcmpLimits,
    private readonly time: StackTime,
    private readonly random: Random,
  ) {
    this.hash = new KeyedHash(() => random.int32());
    this.tokens = new Float64Array(1 << BUCKET_BITS).fill(limits.perDestinationBurst);
    this.filledUs = new Float64Array(1 << BUCKET_BITS).fill(time.nowUs);
    this.commonTokens = limits.burst;
    this.commonFilledUs = time.nowUs;
  }

  /** True if an error may be sent to `destination` now; it then counts as sent. */
  take(destination: number): boolean {
    const { limits, tokens, filledUs } = this;
    const { nowUs } = this.time;
    const slot = this.hash.of(destination, 0, 0) >>> (32 - BUCKET_BITS);
    const earned = ((nowUs - filledUs[slot]) * limits.perDestinationPerSecond) / 1e6;
    const own = Math.min(tokens[slot] + earned, limits.perDestinationBurst);
    tokens[slot] = own;
    filledUs[slot] = nowUs;

    const commonEarned = ((nowUs - this.commonFilledUs) * limits.errorsPerSecond) / 1e6;
    this.commonTokens = Math.min(this.commonTokens + commonEarned, limits.burst);
    this.commonFilledUs = nowUs;

    if (own < 1 || this.commonTokens < 1) return false;
    tokens[slot] = own - 1;
    this.commonTokens -= 1 + ((this.random.int32() >>> 0) % RANDOM_COST);
    return true;
  }
}
