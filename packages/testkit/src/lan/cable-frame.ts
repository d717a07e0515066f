/** Why a cable has lost a frame. */
export const LOSS_REASONS = ['loss', 'partition', 'mtu', 'queueFull', 'inFlightFull'] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** One frame that was put on a cable, and what becomes of it. */
export class CableFrame {
  /** As it arrives: the frame that was sent, or a copy with a bit changed. Nobody writes to it. */
  bytes: Uint8Array;
  /** Why it was lost; undefined unless it was. */
  lostBy: LossReason | undefined = undefined;
  /** Lost in a burst. */
  isInBurst = false;
  /** See `FaultModel`. */
  corruptedBit = -1;
  behind = 0;
  isDuplicated = false;
  /** From the moment it was put on the cable to that of its arrival, in microseconds; of a late frame without the wait. */
  delayUs = 0;

  /**
   * @param partitions how many the direction has seen; one more, and the frame is lost on its way
   * @param sentUs when it was put on the cable
   * @param isForward it goes from the cable's first end to its second
   */
  constructor(
    readonly partitions: number,
    readonly sentUs: number,
    readonly isForward: boolean,
    sent: Uint8Array,
  ) {
    this.bytes = sent;
  }

  /** What happened to it on the cable, in words; undefined if nothing did. */
  get comment(): string | undefined {
    const { lostBy, isInBurst, corruptedBit, behind, isDuplicated, delayUs } = this;
    const told: string[] = [];
    if (corruptedBit >= 0) told.push(`corrupted: bit ${corruptedBit & 7} of byte ${corruptedBit >>> 3}`);
    if (isDuplicated) told.push('duplicated');
    if (behind > 0) told.push(`reordered: comes behind ${behind} later frame${behind > 1 ? 's' : ''}`);
    if (lostBy !== undefined) told.push(`lost: ${lostBy}${isInBurst ? ' (burst)' : ''}`);
    else if (delayUs > 0) told.push(`delayed ${delayUs / 1000} ms`);
    return told.length > 0 ? told.join('; ') : undefined;
  }
}
