/** A frame, and when it came or went: microseconds since the start of the run. */
export interface TimedFrame {
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

/** What comes in by a link, in the order of the times, and how long the run takes. */
export interface LinkScript {
  readonly frames: readonly TimedFrame[];
  readonly durationUs: number;
}

/** A kind of link that behaviours are run on: how a script gets to the stack, and what the stack sends gets back. */
export interface MatrixTarget {
  readonly name: string;
  /**
   * `virtual`: what is sent is compared with its times, and hours cost nothing; `real`: in its order only, and what takes
   * long is left out.
   */
  readonly clock: 'virtual' | 'real';
  /** The shortest frame on this medium; shorter ones arrive with zeros behind them. 0 if not given. */
  readonly paddedTo?: number;
  /**
   * Starts a `MatrixStack` on a link of its own, plays the script, and ends it.
   *
   * @returns the frames that the stack has sent, in order
   */
  run(script: LinkScript): Promise<readonly TimedFrame[]>;
}
