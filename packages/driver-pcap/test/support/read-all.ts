import { Readable } from 'node:stream';
import {
  CaptureReader,
  LiveBytes,
  NOTHING_YET,
  openStream,
  Reading,
  type ByteSource,
  type CaptureOption,
  type CaptureSource,
} from '@lunetta/driver-pcap';

/** What was read of a packet. */
interface ReadPacket {
  readonly timeUs: number;
  readonly bytes: number[];
  readonly originalLength: number;
  readonly iface: number;
  readonly linkType: number;
  readonly offset: number;
  readonly direction: 'in' | 'out' | undefined;
  readonly comment: string | undefined;
  readonly options: readonly CaptureOption[];
}

/** All that a capture gave: its packets, and what then was wrong. */
export interface ReadCapture {
  readonly packets: readonly ReadPacket[];
  readonly failure: Error | undefined;
}

/** Bytes in memory as a file gives them: at most so many at once, and never later. */
class MemoryBytes implements ByteSource {
  readonly name = 'capture';
  readonly isLive = false;
  private offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly atOnce: number,
  ) {}

  read(into: Uint8Array, at: number, length: number): number {
    const part = this.bytes.subarray(this.offset, this.offset + Math.min(length, this.atOnce));
    into.set(part, at);
    this.offset += part.length;
    return part.length;
  }

  close(): void {
    // Memory needs no end.
  }
}

/** Reads a capture as a file is read. @param atOnce bytes that the file gives at once */
export function readAll(bytes: Uint8Array, atOnce = Infinity): ReadCapture {
  const packets: ReadPacket[] = [];
  const failure = readOn(new CaptureReader(new MemoryBytes(bytes, atOnce)), packets);
  return { packets, failure: failure instanceof Error ? failure : undefined };
}

/** Reads a capture whose bytes come piece by piece; between two pieces all is read that can be. */
export function readGrowing(bytes: Uint8Array, piece: number): ReadCapture {
  const source = new LiveBytes('capture');
  const reader = new CaptureReader(source);
  const packets: ReadPacket[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    source.push(bytes.slice(at, at + piece));
    const failure = readOn(reader, packets);
    if (failure instanceof Error) return { packets, failure };
  }
  source.end();
  const failure = readOn(reader, packets);
  if (failure === Reading.WAIT) throw new Error(`read() after the end gave ${NOTHING_YET}`);
  return { packets, failure: failure instanceof Error ? failure : undefined };
}

/** Reads a capture that comes by a stream: a classic one with microseconds is read by pcap-parser. */
export async function readStream(bytes: Uint8Array, piece = 65_536): Promise<ReadCapture> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
    Buffer.from(bytes.slice(i * piece, (i + 1) * piece)),
  );
  const packets: ReadPacket[] = [];
  const opened = await openStream('capture', Readable.from(pieces, { objectMode: false }));
  const { source } = opened;
  let state = readOn(source, packets);
  while (state === Reading.WAIT) {
    await new Promise<void>((resolve) => opened.onArrival(resolve));
    state = readOn(source, packets);
  }
  source.close();
  return { packets, failure: state instanceof Error ? state : undefined };
}

/** Reads as far as it goes: what is wrong, or why it stops. */
function readOn(source: CaptureSource, packets: ReadPacket[]): Reading | Error {
  try {
    for (;;) {
      const reading = source.next();
      if (reading !== Reading.PACKET) return reading;
      packets.push(copyOf(source));
    }
  } catch (error) {
    return error as Error;
  }
}

function copyOf({ record }: CaptureSource): ReadPacket {
  const { at, capturedLength, timeUs, originalLength, iface, linkType, offset, direction, comment, options } = record;
  const bytes = [...record.bytes.subarray(at, at + capturedLength)];
  return { timeUs, bytes, originalLength, iface, linkType, offset, direction, comment, options };
}
