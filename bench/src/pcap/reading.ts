import { once } from 'node:events';
import { CaptureReader, FileBytes, Reading } from '@lunetta/driver-pcap';
import pcapParser from 'pcap-parser';

/** What reading a capture gave: compared between readers, so that none can leave anything out. */
export interface ReadTotals {
  readonly packets: number;
  readonly bytes: number;
  /** Of the time stamps' microseconds. */
  readonly sum: number;
}

/** Reads a capture with our reader. */
export function readOurs(path: string): Promise<ReadTotals> {
  const reader = new CaptureReader(new FileBytes(path));
  const { record } = reader;
  let [packets, bytes, sum] = [0, 0, 0];
  while (reader.next() === Reading.PACKET) {
    packets++;
    bytes += record.capturedLength;
    sum += record.timeUs % 1e6;
  }
  reader.close();
  return Promise.resolve({ packets, bytes, sum });
}

/** Reads a classic capture with microseconds with pcap-parser. */
export async function readTheirs(path: string): Promise<ReadTotals> {
  let [packets, bytes, sum] = [0, 0, 0];
  const parser = pcapParser.parse(path);
  parser.on('packet', ({ header, data }) => {
    packets++;
    bytes += data.length;
    sum += header.timestampMicroseconds;
  });
  await once(parser, 'end');
  return { packets, bytes, sum };
}
