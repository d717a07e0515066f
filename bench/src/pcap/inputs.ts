import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSink, PcapngWriter, PcapWriter, type CaptureWriter } from '@lunetta/driver-pcap';
import { ethernet } from '@lunetta/testkit';

/** Formats of captures. */
export type Format = 'pcap' | 'pcap-ns' | 'pcapng';

/** The interface that a capture is replayed to. */
export const STACK = { mac: '02:6c:75:6e:00:01', address: '10.0.0.1', cidr: '10.0.0.1/16' };

const FRAME_LENGTH = 64;
/** With frame check sequence, preamble and gap. */
const ON_WIRE_LENGTH = FRAME_LENGTH + 4 + 8 + 12;
const HEADERS = 42;
const BEGIN_US = 1.7e15;
/** Who sends: so many ports of one station. */
const CLIENTS = 16;

/** What is written before each packet of a format. */
const RECORD_LENGTH: Readonly<Record<Format, number>> = { pcap: 16, 'pcap-ns': 16, pcapng: 32 };

/** Runs `work` with a folder for captures, which is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lunetta-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Packets of 64 bytes in a capture of so many bytes. */
export function packetsIn(bytes: number, format: Format): number {
  return Math.floor(bytes / (RECORD_LENGTH[format] + FRAME_LENGTH));
}

/**
 * Writes UDP echo requests of 64 bytes to the stack, which come one after the other without a pause.
 *
 * @param gigabits a second on the wire: at 10 fourteen packets have the same microsecond, at 1 one or two
 */
export function writeRequests(path: string, format: Format, packets: number, gigabits = 1): void {
  const sink = new FileSink(path);
  const writer: CaptureWriter = format === 'pcapng' ? new PcapngWriter(sink) : new PcapWriter(sink);
  writer.addInterface({ resolution: format === 'pcap-ns' ? 'ns' : 'us' });
  const frames = Array.from({ length: CLIENTS }, (_, i) => requestFrame(20_000 + i));
  // The first comes well before the others, so that ARP has found its sender.
  writer.writePacket(0, BEGIN_US - 1000, frames[0], 0, FRAME_LENGTH);
  const apartUs = (8 * ON_WIRE_LENGTH) / 1000 / gigabits;
  for (let i = 1; i < packets; i++) {
    writer.writePacket(0, BEGIN_US + Math.floor(i * apartUs), frames[i % CLIENTS], 0, FRAME_LENGTH);
  }
  writer.close();
}

function requestFrame(srcPort: number): Uint8Array {
  const ends = { src: '10.0.0.9', dst: STACK.address };
  const payload = Uint8Array.from({ length: FRAME_LENGTH - HEADERS }, (_, i) => i);
  const headers = ethernet({ dst: STACK.mac, src: '02:00:00:00:00:09' }).ipv4(ends).udp({ srcPort, dstPort: 7 });
  return headers.payload(payload).bytes();
}
