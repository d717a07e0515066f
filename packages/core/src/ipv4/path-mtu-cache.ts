import { AgedTable } from '../table/aged-table.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import { PATH_MTU_COUNTERS, PathMtuCounter } from './path-mtu-counters.js';
import type { PathMtuLimits } from './path-mtu-limits.js';

/**
 * The path MTUs below those of our links, by destination (RFC 1191): one cache for all transports. A path MTU only
 * shrinks until its time is over; then the link's is tried again.
 */
export class PathMtuCache {
  /** See {@link PathMtuCounter}. */
  readonly counters = new Float64Array(PATH_MTU_COUNTERS);
  private readonly mtus: AgedTable;
  private readonly timer = new Timer(() => this.expire());

  /** @param changed called when a path MTU has changed: paths are to be worked out again */
  constructor(
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    random: Random,
    private readonly limits: PathMtuLimits,
    private readonly changed: () => void,
  ) {
    this.mtus = new AgedTable(() => random.int32(), limits.maxDestinations, limits.ageMs * 1000);
  }

  /** Destinations known. */
  get size(): number {
    return this.mtus.size;
  }

  /** The largest datagram that gets to `destination` over a link of `linkMtu`, in bytes. */
  mtuTo(destination: number, linkMtu: number): number {
    if (this.mtus.size === 0) return linkMtu;
    const mtu = this.mtus.get(destination);
    return mtu === undefined ? linkMtu : Math.min(mtu, linkMtu);
  }

  /** A router has named `mtu`, which is less than what was sent. One that is not smaller than what is known is old news. */
  reduce(destination: number, mtu: number): void {
    const believed = Math.max(mtu, this.limits.minMtu);
    const known = this.mtus.get(destination);
    if (known !== undefined && known <= believed) return;
    if (this.mtus.set(destination, believed, this.time.nowUs)) this.counters[PathMtuCounter.evicted]++;
    this.counters[PathMtuCounter.reduced]++;
    if (!this.timer.isArmed) this.timers.arm(this.timer, this.mtus.nextUs);
    this.changed();
  }

  /** Ends its timer: the stack closes. */
  close(): void {
    this.timers.cancel(this.timer);
  }

  private expire(): void {
    const expired = this.mtus.expire(this.time.nowUs);
    this.counters[PathMtuCounter.aged] += expired;
    if (this.mtus.size > 0) this.timers.arm(this.timer, this.mtus.nextUs);
    if (expired > 0) this.changed();
  }
}
