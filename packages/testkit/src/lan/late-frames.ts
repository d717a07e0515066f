import type { ScheduledCall, Scheduler } from '@lunetta/core';
import type { CableFrame } from './cable-frame.js';

interface LateFrame {
  readonly frame: CableFrame;
  /** Frames that are to pass before it. */
  behind: number;
  readonly alarm: ScheduledCall;
}

/** The frames of one direction that are to come after later ones: they wait for those, but not for ever. */
export class LateFrames {
  private readonly waiting: LateFrame[] = [];

  /** @param arrive called when a frame has waited in vain and is to arrive now */
  constructor(
    private readonly scheduler: Scheduler,
    private readonly arrive: (frame: CableFrame) => void,
  ) {}

  /** Holds a frame back until `frame.behind` later ones have passed, or for `waitUs` microseconds. */
  hold(frame: CableFrame, waitUs: number): void {
    const alarm = this.scheduler.after(waitUs, () => {
      this.waiting.splice(this.waiting.indexOf(late), 1);
      this.arrive(frame);
    });
    const late = { frame, behind: frame.behind, alarm };
    this.waiting.push(late);
  }

  /** A later frame passes: those that have waited long enough, which arrive with it. */
  pass(): readonly CableFrame[] {
    if (this.waiting.length === 0) return NONE;
    for (const late of this.waiting) late.behind--;
    const passing = this.waiting.filter(({ behind }) => behind === 0);
    for (const late of passing) {
      this.waiting.splice(this.waiting.indexOf(late), 1);
      this.scheduler.cancel(late.alarm);
    }
    return passing.map(({ frame }) => frame);
  }
}

const NONE: readonly CableFrame[] = [];
