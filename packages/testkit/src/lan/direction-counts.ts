import { LOSS_REASONS, type LossReason } from './cable-frame.js';

/** What became of the frames that were put on one direction of a cable. */
export class DirectionCounts {
  /** Frames put on it. */
  frames = 0;
  bytes = 0;
  /** Frames that arrived, duplicates included. */
  delivered = 0;
  deliveredBytes = 0;
  /** On their way, duplicates included. */
  inFlight = 0;
  readonly lost: Record<LossReason, number> = { loss: 0, partition: 0, mtu: 0, queueFull: 0, inFlightFull: 0 };
  duplicated = 0;
  reordered = 0;
  corrupted = 0;

  /** Frames lost, for whatever reason. */
  get lostFrames(): number {
    return LOSS_REASONS.reduce((sum, reason) => sum + this.lost[reason], 0);
  }

  /** What is wrong: put on + duplicated = delivered + lost by reason + in flight. Undefined if nothing is. */
  get fault(): string | undefined {
    const { frames, duplicated, delivered, lostFrames, inFlight } = this;
    if (frames + duplicated === delivered + lostFrames + inFlight) return undefined;
    return (
      `put on ${frames} + duplicated ${duplicated}, but delivered ${delivered} + lost ${lostFrames} + ` +
      `in flight ${inFlight} = ${delivered + lostFrames + inFlight}`
    );
  }
}
