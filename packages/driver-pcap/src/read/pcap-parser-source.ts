import type { Readable } from 'node:stream';
import pcapParser, { type Packet } from 'pcap-parser';
import { captureError } from '../capture-error.js';
import { MAX_SNAP_LENGTH } from '../write/capture-writer.js';
import { PacketRecord, Reading, type CaptureSource } from './packet-record.js';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Packets read ahead before the stream is paused. */
const MAX_AHEAD = 1024;

/**
 * A classic capture with microseconds, of either byte order, from a stream, read by pcap-parser: a tcpdump at the other
 * end of a pipe. pcap-parser takes a packet of any length and a stream that ends within one for granted; here both are
 * errors with their offset.
 */
export class PcapParserSource implements CaptureSource {
  readonly record = new PacketRecord();
  /** Called when packets or the end have come. */
  onArrival: (() => void) | undefined = undefined;
  private readonly packets: Packet[] = [];
  private received = 0;
  /** Where the records read so far end. */
  private recordsEnd = FILE_HEADER;
  private linkType = 0;
  private isEnded = false;
  private failure: Error | undefined = undefined;

  constructor(
    readonly name: string,
    private readonly stream: Readable,
  ) {
    stream.on('data', (chunk: Buffer) => (this.received += chunk.length));
    const parser = pcapParser.parse(stream);
    parser.on('globalHeader', ({ linkLayerType }) => (this.linkType = linkLayerType & 0xffff));
    parser.on('packetHeader', ({ capturedLength }) => this.checkLength(capturedLength));
    parser.on('packet', (packet) => this.take(packet));
    parser.on('error', (error) => this.end(captureError(name, this.recordsEnd, error.message, error)));
    parser.on('end', () => this.end(this.cut()));
  }

  get offset(): number {
    return this.recordsEnd;
  }

  next(): Reading {
    const packet = this.packets.shift();
    if (packet === undefined) {
      if (this.failure !== undefined) throw this.failure;
      return this.isEnded ? Reading.END : Reading.WAIT;
    }
    if (this.packets.length === MAX_AHEAD / 2) this.stream.resume();
    const { header, data } = packet;
    const { record } = this;
    record.offset = this.recordsEnd;
    record.timeUs = header.timestampSeconds * 1e6 + header.timestampMicroseconds;
    record.bytes = data;
    record.at = 0;
    record.capturedLength = data.length;
    record.originalLength = header.originalLength;
    record.linkType = this.linkType;
    return Reading.PACKET;
  }

  close(): void {
    this.packets.length = 0;
    this.isEnded = true;
    this.stream.destroy();
  }

  private take(packet: Packet): void {
    if (this.failure !== undefined) return;
    this.recordsEnd += RECORD_HEADER + packet.header.capturedLength;
    this.packets.push(packet);
    if (this.packets.length >= MAX_AHEAD) this.stream.pause();
    this.onArrival?.();
  }

  private checkLength(length: number): void {
    if (length <= MAX_SNAP_LENGTH || this.failure !== undefined) return;
    const what = `a packet of ${length} bytes; no more than ${MAX_SNAP_LENGTH} are possible: the stream is damaged`;
    this.end(captureError(this.name, this.recordsEnd, what));
    this.stream.destroy();
  }

  /** What is wrong with a stream that ends here, if it ends within a record. */
  private cut(): Error | undefined {
    if (this.received === this.recordsEnd) return undefined;
    const { received, recordsEnd } = this;
    const what =
      received === 0
        ? 'is empty: no capture begins with nothing'
        : `the stream ends within a packet: ${Math.max(0, received - recordsEnd)} bytes of it are there`;
    return captureError(this.name, received === 0 ? 0 : recordsEnd, what);
  }

  private end(failure: Error | undefined): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.failure = failure;
    this.onArrival?.();
  }
}
