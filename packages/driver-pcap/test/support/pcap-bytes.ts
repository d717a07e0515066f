/** A packet of a classic capture; what is not given follows from the bytes. */
export interface ClassicPacket {
  readonly seconds: number;
  /** Micro- or nanoseconds, as the file has them. */
  readonly fraction: number;
  readonly bytes: readonly number[];
  readonly capturedLength?: number;
  readonly originalLength?: number;
}

export interface ClassicFile {
  readonly isLittle?: boolean;
  readonly isNanoseconds?: boolean;
  readonly linkType?: number;
  readonly version?: readonly [major: number, minor: number];
}

/** Builds a classic capture in either byte order, by the specification and not by our writer. */
export function pcapBytes(packets: readonly ClassicPacket[], file: ClassicFile = {}): Uint8Array {
  const { isLittle = true, isNanoseconds = false, linkType = 1, version = [2, 4] } = file;
  const length = 24 + packets.reduce((sum, { bytes }) => sum + 16 + bytes.length, 0);
  const view = new DataView(new ArrayBuffer(length));
  view.setUint32(0, isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, isLittle);
  view.setUint16(4, version[0], isLittle);
  view.setUint16(6, version[1], isLittle);
  view.setUint32(16, 262_144, isLittle);
  view.setUint32(20, linkType, isLittle);
  let at = 24;
  for (const { seconds, fraction, bytes, ...lengths } of packets) {
    view.setUint32(at, seconds, isLittle);
    view.setUint32(at + 4, fraction, isLittle);
    view.setUint32(at + 8, lengths.capturedLength ?? bytes.length, isLittle);
    view.setUint32(at + 12, lengths.originalLength ?? bytes.length, isLittle);
    new Uint8Array(view.buffer).set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return new Uint8Array(view.buffer);
}
