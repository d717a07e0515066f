import { type Clock, ethernet, type Scheduler, type SeededRandom } from '@lunetta/core';
import { FaultModel } from '../faults/fault-model.js';
import { type Duration, durationUs } from '../virtual/duration.js';
import { type CableConditions, checkConditions, type CheckedConditions } from './cable-conditions.js';
import { CableFrame, type LossReason } from './cable-frame.js';
import { DirectionCounts } from './direction-counts.js';
import { LateFrames } from './late-frames.js';
import { TransmitQueue } from './transmit-queue.js';

/** When a partition begins and how long it lasts. */
export interface PartitionTimes {
  /** From now; at once if not given. */
  readonly after?: Duration | undefined;
  /** Until `heal()` if not given. */
  readonly lasting?: Duration | undefined;
}

/** What a {@link CableDirection} is made of. */
export interface CableDirectionParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  /** It goes from the cable's first end to its second. */
  readonly isForward: boolean;
  /** Sees every frame that was put on the cable, once it is drawn what goes wrong with it. */
  readonly observe: (frame: CableFrame) => void;
  /** Takes a frame out at the far end. */
  readonly deliver: (frame: Uint8Array) => void;
}

/** IEEE 802.1Q: the tag does not count for the MTU. */
const ETHERTYPE_VLAN = 0x8100;
const VLAN_TAG_LENGTH = 4;

/** One direction of a cable: what is put in at one end comes out at the other, as its conditions have it. */
export class CableDirection {
  readonly counts = new DirectionCounts();
  private conditions: CableConditions;
  private checked: CheckedConditions;
  private readonly faults: FaultModel;
  private readonly transmitQueue = new TransmitQueue();
  private readonly late: LateFrames;
  /** When the last frame arrives that is on its way: none overtakes it but by reordering. */
  private lastArrivalUs = 0;
  private partitionedUntilUs = 0;
  private partitions = 0;

  constructor(
    private readonly parts: CableDirectionParts,
    conditions: CableConditions,
  ) {
    this.conditions = conditions;
    this.checked = checkConditions(conditions);
    this.faults = new FaultModel(parts.random, conditions);
    this.late = new LateFrames(parts.scheduler, (frame) => this.arrive(frame));
  }

  /**
   * Changes conditions, for frames that are put on the cable from now on; what is not given stays.
   *
   * @throws LunettaError `LUNETTA_ERR_CONFIG` for what is none of its kind
   */
  set(changes: CableConditions): void {
    const conditions = { ...this.conditions, ...changes };
    this.checked = checkConditions(conditions);
    this.faults.setRates(conditions);
    this.conditions = conditions;
  }

  /** Loses all that is put on the cable and all that is under way, without a sign to either end. */
  partition({ after = 0, lasting }: PartitionTimes = {}): void {
    const { clock, scheduler } = this.parts;
    const lastingUs = lasting === undefined ? Infinity : durationUs(lasting);
    const begin = (): void => {
      this.partitionedUntilUs = Math.max(this.partitionedUntilUs, clock.nowUs() + lastingUs);
      this.partitions++;
    };
    if (durationUs(after) === 0) begin();
    else scheduler.after(durationUs(after), begin);
  }

  /** Ends a partition. */
  heal(): void {
    this.partitionedUntilUs = 0;
  }

  /** Puts a frame on the cable, which keeps it. */
  send(bytes: Uint8Array): void {
    const { counts, parts } = this;
    const frame = new CableFrame(this.partitions, parts.clock.nowUs(), parts.isForward, bytes);
    counts.frames++;
    counts.bytes += bytes.length;
    const lostBy = this.carry(frame);
    if (lostBy !== undefined) this.lose(frame, lostBy);
    parts.observe(frame);
  }

  /** Sends a frame on its way; or why it is lost. */
  private carry(frame: CableFrame): LossReason | undefined {
    const { checked, counts, faults } = this;
    if (frame.sentUs < this.partitionedUntilUs) return 'partition';
    if (packetLength(frame.bytes) > checked.mtu) return 'mtu';
    if (counts.inFlight >= checked.inFlight) return 'inFlightFull';
    const departureUs = this.transmitQueue.offer(frame.sentUs, frame.bytes.length, checked);
    if (departureUs < 0) return 'queueFull';
    faults.draw(frame.bytes.length);
    if (faults.isLost) {
      frame.isInBurst = faults.isBad;
      return 'loss';
    }
    if (faults.corruptedBit >= 0) this.corrupt(frame, faults.corruptedBit);
    const arrivalUs = Math.max(departureUs + this.drawDelay(), this.lastArrivalUs);
    frame.delayUs = arrivalUs - frame.sentUs;
    if (faults.behind > 0) this.holdBack(frame, faults.behind);
    else this.schedule(frame, arrivalUs);
    if (faults.isDuplicated) this.duplicate(frame, arrivalUs);
    return undefined;
  }

  private drawDelay(): number {
    const { delayUs, jitterUs } = this.checked;
    if (jitterUs === 0) return delayUs;
    return Math.max(0, delayUs - jitterUs + this.parts.random.below(2 * jitterUs + 1));
  }

  private corrupt(frame: CableFrame, bit: number): void {
    frame.bytes = frame.bytes.slice();
    frame.bytes[bit >>> 3] ^= 1 << (bit & 7);
    frame.corruptedBit = bit;
    this.counts.corrupted++;
  }

  private holdBack(frame: CableFrame, behind: number): void {
    frame.behind = behind;
    this.counts.reordered++;
    this.counts.inFlight++;
    this.late.hold(frame, frame.delayUs + this.checked.reorderingWaitUs);
  }

  private duplicate(frame: CableFrame, arrivalUs: number): void {
    frame.isDuplicated = true;
    this.counts.duplicated++;
    this.schedule(frame, arrivalUs);
  }

  /** A frame is to arrive, in its turn, and behind it the late ones that have waited for it. */
  private schedule(frame: CableFrame, arrivalUs: number): void {
    this.counts.inFlight++;
    this.lastArrivalUs = arrivalUs;
    this.arriveAt(frame, arrivalUs);
    for (const late of this.late.pass()) this.arriveAt(late, arrivalUs);
  }

  private arriveAt(frame: CableFrame, arrivalUs: number): void {
    const { clock, scheduler } = this.parts;
    scheduler.after(arrivalUs - clock.nowUs(), () => this.arrive(frame));
  }

  private arrive(frame: CableFrame): void {
    const { counts, parts } = this;
    counts.inFlight--;
    if (frame.partitions !== this.partitions) return this.lose(frame, 'partition');
    counts.delivered++;
    counts.deliveredBytes += frame.bytes.length;
    parts.deliver(frame.bytes);
  }

  private lose(frame: CableFrame, reason: LossReason): void {
    frame.lostBy = reason;
    this.counts.lost[reason]++;
  }
}

/** Length of what stands behind the Ethernet header of a frame. */
function packetLength(frame: Uint8Array): number {
  const isTagged = ((frame[12] << 8) | frame[13]) === ETHERTYPE_VLAN;
  return frame.length - ethernet.HEADER_LENGTH - (isTagged ? VLAN_TAG_LENGTH : 0);
}
