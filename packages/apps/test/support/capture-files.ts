import { MemorySink, PcapngWriter, PcapWriter } from '@lunetta/driver-pcap';

/** The bytes of a capture of these frames, each a millisecond after the one before. */
export function captureOf(frames: readonly Uint8Array[], format: 'pcapng' | 'pcap' = 'pcapng'): Uint8Array {
  const sink = new MemorySink();
  const writer = format === 'pcapng' ? new PcapngWriter(sink) : new PcapWriter(sink);
  writer.addInterface({ name: 'made' });
  frames.forEach((frame, i) => writer.writePacket(0, 1.7e15 + i * 1000, frame, 0, frame.length));
  writer.close();
  return sink.bytes;
}
