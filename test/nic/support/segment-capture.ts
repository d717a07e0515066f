import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { KernelPeer } from './kernel-peer.js';
import { TAP_DEVICE } from './machine-arguments.js';
import { within } from './within.js';

const PATIENCE_MS = 60_000;
const BUFFER_MB = '16';
const FIELDS = ['frame.len', 'tcp.len', 'ip.checksum.status', 'tcp.checksum.status'];
const CHECKED = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'];
/** What Wireshark calls a right checksum. */
const GOOD = '1';

/** A TCP segment on the kernel's cable, as Wireshark sees it. */
export interface SeenSegment {
  readonly frameLength: number;
  readonly textLength: number;
  /** Whether the checksums of both headers are right. */
  readonly isGood: boolean;
}

/** Wireshark at the kernel's end of the cable. */
export class SegmentCapture {
  private readonly segments: SeenSegment[] = [];
  private readonly lines: AsyncIterator<string, undefined>;

  private constructor(private readonly tshark: ReturnType<KernelPeer['start']>) {
    this.lines = createInterface({ input: tshark.stdout })[Symbol.asyncIterator]();
  }

  /** Starts to listen for what a filter of tcpdump's language lets through. */
  static async start(kernel: KernelPeer, filter: string): Promise<SegmentCapture> {
    const fields = FIELDS.flatMap((field) => ['-e', field]);
    const words = ['-l', '-n', '-i', TAP_DEVICE, '-B', BUFFER_MB, '-f', filter, ...CHECKED, '-T', 'fields', ...fields];
    const tshark = kernel.start('tshark', ...words);
    const listening = async (): Promise<void> => {
      for (let said = ''; !said.includes('Capturing on');) {
        const [text] = (await once(tshark.stderr, 'data')) as [Buffer];
        said += text.toString();
      }
    };
    await within(PATIENCE_MS, 'the start of tshark', listening());
    tshark.stderr.resume();
    return new SegmentCapture(tshark);
  }

  /** Waits until `length` bytes of text have passed, and ends the capture. */
  async until(length: number): Promise<readonly SeenSegment[]> {
    const arrived = async (): Promise<void> => {
      for (let text = 0; text < length;) text += (await this.next()).textLength;
    };
    try {
      await within(PATIENCE_MS, `${length} bytes of text`, arrived());
      return this.segments;
    } finally {
      this.tshark.kill('SIGINT');
      await once(this.tshark, 'close');
    }
  }

  private async next(): Promise<SeenSegment> {
    const { value: line } = await this.lines.next();
    if (line === undefined) throw new Error('tshark has ended');
    const [frameLength, textLength, ...states] = line.split('\t');
    const isGood = states.every((state) => state === GOOD);
    const segment = { frameLength: Number(frameLength), textLength: Number(textLength), isGood };
    this.segments.push(segment);
    return segment;
  }
}
