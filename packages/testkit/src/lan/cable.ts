import { LunettaError } from '@lunetta/core';
import type { CableConditions } from './cable-conditions.js';
import { CableDirection, type CableDirectionParts, type PartitionTimes } from './cable-direction.js';
import type { CableFrame } from './cable-frame.js';
import type { Jack } from './jack.js';
import { type LanDevice } from './jack.js';

/** What a {@link Cable} is made of. */
export interface CableParts extends Pick<CableDirectionParts, 'clock' | 'scheduler'> {
  readonly name: string;
  readonly ends: readonly [Jack, Jack];
  /** One for each direction, so that neither changes what the other one draws. */
  readonly random: readonly [CableDirectionParts['random'], CableDirectionParts['random']];
}

/** A cable between two devices: one {@link CableDirection} each way. */
export class Cable {
  readonly name: string;
  readonly ends: readonly [Jack, Jack];
  /** What its first end sends, and what its second. */
  readonly directions: readonly [CableDirection, CableDirection];
  private readonly observers: ((frame: CableFrame) => void)[] = [];

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG`, `LUNETTA_ERR_MISUSE` if an end has a cable already
   */
  constructor(
    private readonly parts: CableParts,
    conditions: CableConditions,
  ) {
    this.name = parts.name;
    this.ends = parts.ends;
    this.directions = [this.newDirection(0, conditions), this.newDirection(1, conditions)];
    this.plug();
  }

  /** The direction in which a device, or one jack of it, sends. */
  from(end: LanDevice | Jack): CableDirection {
    const found = this.ends.findIndex((jack) => jack === end || jack.device === end);
    if (found < 0) throw new LunettaError('LUNETTA_ERR_MISUSE', `${end.name} is no end of the cable ${this.name}`);
    return this.directions[found];
  }

  /** Changes conditions in both directions: see {@link CableDirection.set}. */
  set(changes: CableConditions): void {
    for (const direction of this.directions) direction.set(changes);
  }

  /** Loses everything in both directions: see {@link CableDirection.partition}. */
  partition(times?: PartitionTimes): void {
    for (const direction of this.directions) direction.partition(times);
  }

  /** Ends a partition of both directions. */
  heal(): void {
    for (const direction of this.directions) direction.heal();
  }

  /** Plugs both ends in; both devices see a carrier. */
  plug(): void {
    for (const jack of this.ends) {
      if (jack.isPlugged) {
        throw new LunettaError('LUNETTA_ERR_MISUSE', `${jack.name} has a cable already; unplug() that one first`);
      }
    }
    for (const [i, jack] of this.ends.entries()) jack.plug((frame) => this.directions[i].send(frame));
  }

  /** Pulls both ends out: what is under way is lost, and both devices lose their carrier. */
  unplug(): void {
    for (const direction of this.directions) {
      direction.partition();
      direction.heal();
    }
    for (const jack of this.ends) jack.unplug();
  }

  /** Calls `observer` with every frame that is put on the cable. */
  observe(observer: (frame: CableFrame) => void): void {
    this.observers.push(observer);
  }

  /** What is wrong with its accounts. */
  faults(): string[] {
    return this.directions.flatMap(({ counts }, i) => {
      const { fault } = counts;
      return fault === undefined ? [] : [`${this.ends[i].name} > ${this.ends[1 - i].name}: ${fault}`];
    });
  }

  private newDirection(end: 0 | 1, conditions: CableConditions): CableDirection {
    const { clock, scheduler, random, ends } = this.parts;
    return new CableDirection(
      {
        ...{ clock, scheduler, random: random[end], isForward: end === 0 },
        observe: (frame) => {
          for (const observer of this.observers) observer(frame);
        },
        deliver: (frame) => ends[1 - end].receive(frame),
      },
      conditions,
    );
  }
}
