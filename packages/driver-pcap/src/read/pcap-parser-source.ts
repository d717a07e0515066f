import type { Readable } from 'node:stream';
import pcapParser, { type GlobalHeader, type Packet } from 'pcap-parser';
import { captureError } from '../capture-error.js';
import { FILE_HEADER, LINK_TYPE_MASK, RECORD_HEADER } from '../pcap.js';
import { MAX_SNAP_LENGTH } from '../write/capture-writer.js';
import { PacketRecord, Reading, type CaptureSource } from './packet-record.js';
import { isVersion, versionError } from './pcap-format.js';

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
  /** Where the file header, or the last record that is whole, ends. */
  private wholeEnd = 0;
  /** Where the last record that was shown ends. */
  private readEnd = FILE_HEADER;
  private linkType = 0;
  private isEnded = false;
  private failure: Error | undefined = undefined;

  constructor(
    readonly name: string,
    private readonly stream: Readable,
  ) {
    stream.on('data', (chunk: Buffer) => (this.received += chunk.length));
    const parser = pcapParser.parse(stream);
    parser.on('globalHeader', (header) => this.readFileHeader(header));
    parser.on('packetHeader', ({ capturedLength }) => this.checkLength(capturedLength));
    parser.on('packet', (packet) => this.take(packet));
    parser.on('error', (error) => this.fail(error.message, error));
    parser.on('end', () => this.end(this.cut()));
  }

  get offset(): number {
    return this.wholeEnd;
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
    record.offset = this.readEnd;
    this.readEnd += RECORD_HEADER + data.length;
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

  private readFileHeader({ majorVersion, minorVersion, linkLayerType }: GlobalHeader): void {
    if (!isVersion(majorVersion, minorVersion)) return this.fail(versionError(majorVersion, minorVersion));
    this.linkType = linkLayerType & LINK_TYPE_MASK;
    this.wholeEnd = FILE_HEADER;
  }

  private take(packet: Packet): void {
    if (this.isEnded) return;
    this.wholeEnd += RECORD_HEADER + packet.header.capturedLength;
    this.packets.push(packet);
    if (this.packets.length >= MAX_AHEAD) this.stream.pause();
    this.onArrival?.();
  }

  private checkLength(length: number): void {
    if (this.isEnded || length <= MAX_SNAP_LENGTH) return;
    this.fail(`a packet of ${length} bytes; no more than ${MAX_SNAP_LENGTH} are possible: the stream is damaged`);
  }

  /** What is wrong with a stream that ends here, if it ends within something. */
  private cut(): Error | undefined {
    const { received, wholeEnd } = this;
    if (wholeEnd > 0 && received === wholeEnd) return undefined;
    const what = wholeEnd === 0 ? 'its file header' : 'a packet';
    return captureError(
      this.name,
      wholeEnd,
      `the stream ends within ${what}: ${received - wholeEnd} bytes of it are there`,
    );
  }

  /** The stream is no good from here on. */
  private fail(what: string, cause?: Error): void {
    this.end(captureError(this.name, this.wholeEnd, what, cause));
    this.stream.destroy();
  }

  private end(failure: Error | undefined): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.failure = failure;
    this.onArrival?.();
  }
}
