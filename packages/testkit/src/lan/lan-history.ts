import type { CaptureWriter } from '@lunetta/driver-pcap';
import type { Cable } from './cable.js';
import type { CableFrame } from './cable-frame.js';

interface Remembered {
  /** Counted over all cables: frames of one moment keep their order. */
  readonly number: number;
  readonly frame: CableFrame;
}

/** The last frames of every cable, for when a run fails: so many of each, the oldest forgotten first. */
export class LanHistory {
  private readonly byCable = new Map<Cable, Remembered[]>();
  private count = 0;

  /** @param limit frames kept of each cable */
  constructor(private readonly limit: number) {}

  /** Remembers what is put on a cable from now on. */
  follow(cable: Cable): void {
    const ring: Remembered[] = [];
    this.byCable.set(cable, ring);
    let next = 0;
    cable.observe((frame) => {
      const remembered = { number: this.count++, frame };
      if (ring.length < this.limit) ring.push(remembered);
      else if (this.limit > 0) ring[next++ % this.limit] = remembered;
    });
  }

  /** Writes what is remembered, in the order in which it was put on the cables; an interface for each cable. */
  write(writer: CaptureWriter): void {
    const all: (Remembered & { readonly iface: number })[] = [];
    for (const [cable, ring] of this.byCable) {
      const iface = addCable(writer, cable);
      for (const remembered of ring) all.push({ ...remembered, iface });
    }
    all.sort((a, b) => a.number - b.number);
    for (const { frame, iface } of all) writeFrame(writer, iface, frame);
  }
}

/** Adds a cable to a capture as an interface; its number. */
export function addCable(writer: CaptureWriter, { name, ends: [first, second] }: Cable): number {
  return writer.addInterface({ name, description: `out: from ${first.name} to ${second.name}; in: the other way` });
}

/** Writes a frame as it arrives, or would have, at the moment it was put on the cable, with what happened to it there. */
export function writeFrame(writer: CaptureWriter, iface: number, frame: CableFrame): void {
  const { bytes, sentUs, isForward, comment } = frame;
  writer.writePacket(iface, sentUs, bytes, 0, bytes.length, { direction: isForward ? 'out' : 'in', comment });
}
