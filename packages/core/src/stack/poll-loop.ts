import type { LoopPort } from '../network/loop-port.js';
import type { ScheduledCall, Scheduler } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { NetworkInterface } from './network-interface.js';

/** How the poll loop divides the time with the rest of the process. */
export interface LoopSettings {
  /** Polls in one turn of the host's loop, at most: then other work of the process gets its turn. */
  readonly pollsPerTurn: number;
  /** Mode `adaptive`: turns without work before the loop sleeps. */
  readonly emptyTurns: number;
  /** How often a queue is polled that cannot wake us, or a device that takes nothing, in microseconds. */
  readonly pollIntervalUs: number;
}

/** Where frames have times of their own, a poll brings those of one moment: so many of them count as one poll. */
const MOMENTS_IN_A_POLL = 16;

export const DEFAULT_LOOP_SETTINGS: LoopSettings = { pollsPerTurn: 16, emptyTurns: 64, pollIntervalUs: 1000 };

/**
 * Drives the stack: polls the interfaces, runs the timers, and sleeps when there is nothing to do until a port wakes
 * it, a timer is due or a socket sends.
 *
 * Before it sleeps it arms every queue and polls those once more whose wake-up is by edge: what came before the arming
 * would wake nobody (`test/wake-up-model.test.ts` of the testkit goes through every order of events).
 */
export class PollLoop implements LoopPort {
  /** Called when a burst of frames and the timers due were worked through: protocols send what that has brought about. */
  onBurstEnd: () => void = () => undefined;
  private readonly interfaces: NetworkInterface[] = [];
  private isRunning = false;
  private isTurnScheduled = false;
  private isStopped = false;
  private emptyTurns = 0;
  private sockets = 0;
  /** The pending call for the next deadline. */
  private alarm: ScheduledCall | undefined = undefined;
  private alarmUs = Infinity;
  private readonly turn = (): void => {
    this.isTurnScheduled = false;
    this.run();
  };
  private readonly onAlarm = (): void => {
    this.alarm = undefined;
    this.alarmUs = Infinity;
    this.run();
  };

  constructor(
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    private readonly scheduler: Scheduler,
    private readonly settings: LoopSettings,
  ) {}

  /** Serves one more interface. */
  add(iface: NetworkInterface): void {
    this.interfaces.push(iface);
    this.wake();
  }

  /** A port has something to poll for, or its state has changed. */
  onWake(): void {
    if (!this.isRunning) this.run();
  }

  /** True during a turn: the caller is a callback. */
  get isInTurn(): boolean {
    return this.isRunning;
  }

  enter(): void {
    if (!this.isRunning) this.time.update();
  }

  wake(): void {
    if (this.isRunning || this.isTurnScheduled || this.isStopped) return;
    this.isTurnScheduled = true;
    this.scheduler.nextTurn(this.turn);
  }

  raise(error: unknown): void {
    this.scheduler.nextTurn(() => {
      throw error;
    });
  }

  socketOpened(): void {
    if (this.sockets++ === 0) this.scheduler.keepAlive(true);
  }

  socketClosed(): void {
    if (--this.sockets === 0) this.scheduler.keepAlive(false);
  }

  /** Sends what is queued; true if nothing is left, or nothing more can be sent. */
  flush(): boolean {
    let isDone = true;
    for (const iface of this.interfaces) {
      if (iface.io.txCount === 0) continue;
      iface.poll();
      isDone = isDone && (iface.io.txCount === 0 || !iface.io.isUp);
    }
    return isDone;
  }

  /** Ends the loop. */
  stop(): void {
    this.isStopped = true;
    if (this.alarm !== undefined) this.scheduler.cancel(this.alarm);
    this.alarm = undefined;
  }

  /** One turn; whatever happens in it, the loop goes on. */
  private run(): void {
    if (this.isStopped) return;
    this.isRunning = true;
    let mayHaveWork = true;
    try {
      mayHaveWork = this.pollOn();
    } finally {
      this.isRunning = false;
      if (mayHaveWork) this.wake();
      else this.setAlarm();
    }
  }

  /** Polls until there is nothing more to do, or until it is time to let the host's loop turn; false to sleep. */
  private pollOn(): boolean {
    const isBusyMode = this.hasMode('busy');
    let hasWork = true;
    let hasWorked = false;
    const pollsPerTurn = this.settings.pollsPerTurn * (this.time.isStepped ? MOMENTS_IN_A_POLL : 1);
    for (let polls = 0; polls < pollsPerTurn && (hasWork || isBusyMode); polls++) {
      hasWork = this.pollOnce();
      if (this.time.isStepped) hasWork = this.stepOn() || hasWork;
      hasWorked = hasWorked || hasWork;
    }
    if (hasWork || isBusyMode || !this.mayRest(hasWorked)) return true;
    return this.armAll();
  }

  /** Polls every interface and runs the timers; true if there may be more to do at once. */
  private pollOnce(): boolean {
    this.time.update();
    for (const iface of this.interfaces) iface.poll();
    if (this.timers.isDue(this.time.nowUs)) this.timers.advance(this.time.nowUs);
    this.onBurstEnd();
    return this.hasWork();
  }

  /**
   * Where frames have times of their own nothing happens before the next frame or timer: once all is sent, goes on there
   * if the clock lets us. After the last frame time stands still.
   */
  private stepOn(): boolean {
    for (const { io, isStalled } of this.interfaces) if (io.txCount > 0 && !isStalled) return false;
    const frameAt = this.nextFrameAt();
    return frameAt < Infinity && this.time.advanceTo(Math.min(frameAt, this.timers.dueUs));
  }

  /** When the next frame is due of those that have times of their own. */
  private nextFrameAt(): number {
    let earliest = Infinity;
    for (const { io } of this.interfaces) {
      const { queue } = io;
      if (queue.nextFrameAt !== undefined) earliest = Math.min(earliest, queue.nextFrameAt());
    }
    return earliest;
  }

  private hasWork(): boolean {
    for (const iface of this.interfaces) {
      if (iface.hasProgressed || (iface.io.txCount > 0 && !iface.isStalled)) return true;
    }
    return false;
  }

  /** Whether a turn without work may end in sleep. */
  private mayRest(hasWorked: boolean): boolean {
    if (!this.hasMode('adaptive')) return true;
    this.emptyTurns = hasWorked ? 0 : this.emptyTurns + 1;
    return this.emptyTurns > this.settings.emptyTurns;
  }

  /** Asks every queue to wake us; true if one of them had something after all. */
  private armAll(): boolean {
    for (const iface of this.interfaces) {
      if (iface.port.linkState === 'gone') continue;
      const { queue } = iface.io;
      const isArmed = queue.arm();
      if (isArmed && queue.wakeup === 'edge') iface.poll();
      const mustPoll = !isArmed && queue.nextFrameAt === undefined;
      if (mustPoll || iface.isStalled || iface.io.isAwaited)
        this.setAlarmAt(this.time.nowUs + this.settings.pollIntervalUs);
    }
    this.setAlarmAt(Math.max(this.nextFrameAt(), this.time.nowUs));
    return this.hasWork();
  }

  private setAlarm(): void {
    this.setAlarmAt(this.timers.nextUs());
  }

  /** Runs the loop at `us`, if it does not run before anyway. */
  private setAlarmAt(us: number): void {
    if (us >= this.alarmUs) return;
    if (this.alarm !== undefined) this.scheduler.cancel(this.alarm);
    this.alarmUs = us;
    this.alarm = this.scheduler.after(Math.max(0, us - this.time.nowUs), this.onAlarm); // a slot may have begun already
  }

  private hasMode(mode: NetworkInterface['mode']): boolean {
    for (const iface of this.interfaces) if (iface.mode === mode && iface.port.linkState !== 'gone') return true;
    return false;
  }
}
