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
  /** Which way it went, where the capture says so. */
  direction: 'in' | 'out' | undefined = undefined;
  /** Its comment, if it has one. */
  comment: string | undefined = undefined;
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
