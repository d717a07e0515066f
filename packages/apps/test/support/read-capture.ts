import { CaptureReader, LiveBytes, Reading } from '@lunetta/driver-pcap';

/** The packets of a capture, and what is wrong with it after them. */
export function packetsOf(capture: Uint8Array): { packets: Uint8Array[]; failure: Error | undefined } {
  const source = new LiveBytes('capture');
  source.push(capture);
  source.end();
  const reader = new CaptureReader(source);
  const packets: Uint8Array[] = [];
  try {
    while (reader.next() === Reading.PACKET) {
      const { bytes, at, capturedLength } = reader.record;
      packets.push(bytes.slice(at, at + capturedLength));
    }
    return { packets, failure: undefined };
  } catch (error) {
    return { packets, failure: error as Error };
  }
}
