import { AgedTable } from '../table/aged-table.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import { Timer } from '../time/timer.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { Ipv4Settings } from './ipv4-settings.js';

/** Better first hops that our routers have told of, by destination (RFC 1122 section 3.2.2.2). */
export class Redirects {
  private readonly gateways: AgedTable;
  private readonly timer = new Timer(() => this.expire());

  /** @param changed called when one was learnt or forgotten: paths are to be worked out again */
  constructor(
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    random: Random,
    settings: Ipv4Settings,
    private readonly changed: () => void,
  ) {
    this.gateways = new AgedTable(() => random.int32(), settings.maxRedirects, settings.redirectAgeMs * 1000);
  }

  /** Destinations known. */
  get size(): number {
    return this.gateways.size;
  }

  /** From now on datagrams to `destination` go to `gateway`. */
  follow(destination: number, gateway: number): void {
    this.gateways.set(destination, gateway, this.time.nowUs);
    if (!this.timer.isArmed) this.timers.arm(this.timer, this.gateways.nextUs);
    this.changed();
  }

  /** The router for a destination; undefined if there was no redirect. */
  gatewayTo(destination: number): number | undefined {
    return this.gateways.size === 0 ? undefined : this.gateways.get(destination);
  }

  /** Ends its timer: the stack closes. */
  close(): void {
    this.timers.cancel(this.timer);
  }

  private expire(): void {
    this.gateways.expire(this.time.nowUs);
    if (this.gateways.size > 0) this.timers.arm(this.timer, this.gateways.nextUs);
    this.changed();
  }
}
