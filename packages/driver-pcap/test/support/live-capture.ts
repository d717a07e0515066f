import type { LinkFixture } from '@lunetta/testkit';
import {
  CaptureReader,
  LiveBytes,
  openPort,
  pcapOptionsSchema,
  PcapngWriter,
  PcapWriter,
  Reading,
  type CaptureSink,
  type CaptureWriter,
  type PcapPort,
} from '@lunetta/driver-pcap';

/** A sink whose bytes are those of a source: what is written can be read at once. */
class Pipe implements CaptureSink {
  readonly bytes: LiveBytes;

  constructor(readonly name: string) {
    this.bytes = new LiveBytes(name);
  }

  write(bytes: Uint8Array): void {
    this.bytes.push(bytes.slice());
  }

  close(): void {
    this.bytes.end();
  }
}

/** A clock that a test sets. */
class SetClock {
  now = 1e15;

  nowUs(): number {
    return this.now;
  }
}

/** A port between two captures that both grow: the far end of a link under test. */
export class LiveCapture {
  readonly clock = new SetClock();
  readonly port: PcapPort;
  private readonly input = new Pipe('in');
  private readonly output = new Pipe('out');
  private readonly writer: CaptureWriter;
  private readonly reader: CaptureReader;

  constructor(format: 'pcapng' | 'pcap' | 'pcap-ns', options: object = {}) {
    this.writer = format === 'pcapng' ? new PcapngWriter(this.input) : new PcapWriter(this.input);
    this.writer.addInterface({ resolution: format === 'pcap-ns' ? 'ns' : 'us' });
    this.writer.flush();
    const { bytes } = this.input;
    const capture = {
      source: new CaptureReader(bytes),
      isLive: true,
      onArrival: (listener: () => void) => (bytes.onArrival = listener),
      byteLength: undefined,
    };
    const parsed = pcapOptionsSchema.parse({ in: 'in', linger: 0, format, answerArp: false, ...options });
    const request = { interfaceName: 'test', mtu: 1500, clock: this.clock };
    this.port = openPort(capture, this.output, parsed, request);
    this.reader = new CaptureReader(this.output.bytes);
  }

  send(frame: Uint8Array, timeUs = this.clock.now): void {
    this.writer.writePacket(0, timeUs, frame, 0, frame.length);
    this.writer.flush();
  }

  receive(): Uint8Array | null {
    if (this.reader.next() !== Reading.PACKET) return null;
    const { bytes, at, capturedLength } = this.reader.record;
    return bytes.slice(at, at + capturedLength);
  }

  /** Ends the capture that is read. */
  end(): void {
    this.writer.close();
  }

  get fixture(): LinkFixture {
    return {
      port: this.port,
      peer: {
        send: (frame) => {
          this.send(frame);
          return true;
        },
        receive: () => this.receive(),
        close: () => this.end(),
      },
      remove: () => this.end(),
      destroy: () => undefined,
    };
  }
}
