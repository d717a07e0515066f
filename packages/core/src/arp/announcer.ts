import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import { ANNOUNCE_COUNT, ANNOUNCE_INTERVAL_US, DEFEND_INTERVAL_US } from './arp-limits.js';

/** Says on the link which addresses are ours: when an interface starts, and when another station claims one (RFC 5227). */
export class Announcer {
  private readonly timer: Timer;
  private readonly defendedUs = new Map<number, number>();
  private addresses: readonly number[] = [];
  private rounds = 0;

  /** @param announce sends one announcement of an address */
  constructor(
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    private readonly announce: (address: number) => void,
  ) {
    this.timer = new Timer(() => this.round());
  }

  /** Announces `addresses` now and once more later. */
  start(addresses: readonly number[]): void {
    this.addresses = addresses;
    this.rounds = 0;
    this.defendedUs.clear();
    this.round();
  }

  stop(): void {
    this.timers.cancel(this.timer);
  }

  /** True if `address` was not defended lately; it then counts as defended now. */
  mayDefend(address: number): boolean {
    const { nowUs } = this.time;
    if (nowUs - (this.defendedUs.get(address) ?? -Infinity) < DEFEND_INTERVAL_US) return false;
    this.defendedUs.set(address, nowUs);
    return true;
  }

  private round(): void {
    for (const address of this.addresses) this.announce(address);
    if (++this.rounds < ANNOUNCE_COUNT) this.timers.arm(this.timer, this.time.nowUs + ANNOUNCE_INTERVAL_US);
  }
}
