import { SourceFilter } from '../network/source-filter.js';
import { Timer } from '../time/timer.js';

/** A group on one interface: what is wanted of it, what of that is still to be reported, and what was asked. */
export class IgmpGroup {
  filter = SourceFilter.NOTHING;
  /** How often the whole filter is still to be reported, since its mode has changed. Of older versions: the membership. */
  reportsLeft = 0;
  /** Of version 3, in the same mode: the sources that have changed, and how often each is still to be reported. */
  readonly sourceReportsLeft = new Map<number, number>();
  /** Runs while a query waits for our answer; of older versions also until the membership is reported again. */
  readonly timer: Timer;
  /** The sources that the query has named; undefined: all. */
  askedSources: Set<number> | undefined = undefined;
  /** Of older versions: ours was the last report, so that a leave is due from us. */
  isLastReporter = false;

  /** @param due called when `timer` is */
  constructor(
    readonly address: number,
    due: (group: IgmpGroup) => void,
  ) {
    this.timer = new Timer(() => due(this));
  }

  /** True if a change is still to be reported. */
  get isChanging(): boolean {
    return this.reportsLeft > 0 || this.sourceReportsLeft.size > 0;
  }

  /** The present changes were reported once more. */
  reported(): void {
    if (this.reportsLeft > 0) this.reportsLeft--;
    for (const [source, left] of this.sourceReportsLeft) {
      if (left > 1) this.sourceReportsLeft.set(source, left - 1);
      else this.sourceReportsLeft.delete(source);
    }
  }

  /** Nothing is to be reported any more. */
  settle(): void {
    this.reportsLeft = 0;
    this.sourceReportsLeft.clear();
    this.askedSources = undefined;
  }
}
