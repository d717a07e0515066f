import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import { Timer } from '../time/timer.js';
import { Deadlines } from './deadlines.js';
import { LossRecovery } from './recovery/loss-recovery.js';
import type { RingMemory } from './ring-memory.js';
import type { RecoveryLender } from './send/sender.js';
import { Spares } from './spares.js';

/** What was not needed for so long is let go. */
const TRIM_US = 1_000_000;

/**
 * What a connection has only while it needs it: most connections are idle most of the time. Who has had nothing under way,
 * or nothing due, when its timer expired has an object that all such connections share; it is never written to.
 */
export class Lending<Owner> implements RecoveryLender {
  /** The loss recovery of all who have nothing under way. */
  readonly restingRecovery = new LossRecovery();
  /** The deadlines of all on whom nothing is due. */
  readonly noDeadlines: Deadlines<Owner>;
  private readonly recoveries = new Spares(() => new LossRecovery());
  private readonly deadlines: Spares<Deadlines<Owner>>;
  private readonly timer = new Timer(() => this.trim());

  /**
   * @param memory the rings, which are lent as well
   * @param onTimer called with a connection when one of its deadlines has come
   */
  constructor(
    private readonly memory: RingMemory,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    onTimer: (owner: Owner) => void,
  ) {
    this.noDeadlines = new Deadlines(onTimer);
    this.deadlines = new Spares(() => new Deadlines(onTimer));
  }

  lendRecovery(): LossRecovery {
    return this.recoveries.take();
  }

  takeBackRecovery(recovery: LossRecovery): void {
    this.recoveries.give(recovery);
  }

  lendDeadlines(): Deadlines<Owner> {
    return this.deadlines.take();
  }

  takeBackDeadlines(deadlines: Deadlines<Owner>): void {
    deadlines.takeBack();
    this.deadlines.give(deadlines);
  }

  /** Connections have worked: what they have given back is looked at in a while. */
  used(): void {
    if (!this.timer.isArmed) this.timers.arm(this.timer, this.time.nowUs + TRIM_US);
  }

  private trim(): void {
    this.recoveries.trim();
    this.deadlines.trim();
    const isMemoryLeft = this.memory.trim();
    if (isMemoryLeft || this.recoveries.size + this.deadlines.size > 0) this.used();
  }

  /** The stack closes. */
  close(): void {
    this.timers.cancel(this.timer);
  }
}
