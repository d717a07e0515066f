import {
  DIRECTION_IN,
  DIRECTION_MASK,
  DIRECTION_OUT,
  EPB_FLAGS,
  OPTION_COMMENT,
  PACKET_NUMBERS,
  type CaptureOption,
} from '../pcapng.js';
import { readOptions, textOf, valueOf } from './pcapng-options.js';

/**
 * The latest time stamp, in microseconds: the year 2112. What claims to be later is damage, and beyond it a number no
 * longer tells microseconds apart with room for timers.
 */
export const MAX_TIME_US = 2 ** 52;

/** A packet of a capture: valid until the next one is read. */
export class PacketRecord {
  /** Where its bytes stand. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  capturedLength = 0;
  originalLength = 0;
  /** Microseconds since 1970; finer time stamps are rounded down. */
  timeUs = 0;
  /** Number of the interface that it was captured on. */
  iface = 0;
  /** A LINKTYPE_ number. */
  linkType = 0;
  /** Offset of its record in the capture. */
  offset = 0;
  /** @internal Where its options stand in `bytes`, and their byte order; nowhere: it has none. */
  optionsAt = 0;
  optionsEnd = 0;
  isLittle = true;

  /** Its options, as pcapng has them: copies. */
  get options(): CaptureOption[] {
    return readOptions(this.bytes, this.optionsAt, this.optionsEnd, this.isLittle, PACKET_NUMBERS);
  }

  /** Its first comment, if it has one. */
  get comment(): string | undefined {
    return textOf(this.options, OPTION_COMMENT);
  }

  /** Which way it went, where the capture says so. */
  get direction(): 'in' | 'out' | undefined {
    const direction = (valueOf(this.options, EPB_FLAGS)?.[0] ?? 0) & DIRECTION_MASK;
    if (direction === DIRECTION_IN) return 'in';
    return direction === DIRECTION_OUT ? 'out' : undefined;
  }
}

/** What reading on gave. */
export enum Reading {
  /** A packet: it stands in the record. */
  PACKET,
  /** Nothing now; later perhaps. */
  WAIT,
  /** The capture has ended. */
  END,
}

/** Packets of a capture, one after the other. */
export interface CaptureSource {
  /** What the capture is called in messages. */
  readonly name: string;
  readonly record: PacketRecord;
  /** Bytes of the capture read so far, for a progress bar. */
  readonly offset: number;
  /**
   * Goes to the next packet.
   *
   * @throws LunettaError `LUNETTA_ERR_CAPTURE` with the offset of what is wrong; there is nothing after it
   */
  next(): Reading;
  /** Ends it; idempotent. */
  close(): void;
}
