import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapDriver, pcapOptionsSchema, type PcapPort } from '@lunetta/driver-pcap';
import { TestStack } from '@lunetta/testkit';

/** The MTU that a test's port is asked for. */
const MTU = 1500;

/** A temporary folder for captures. */
export class CaptureFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'lunetta-pcap-'));

  /** Writes a file; its path. */
  write(name: string, bytes: Uint8Array): string {
    writeFileSync(this.file(name), bytes);
    return this.file(name);
  }

  read(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.file(name)));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A port on files, under a stack that does nothing but look, and a clock that the test sets. */
export class ReplayedFiles {
  readonly stack: TestStack;

  private constructor(
    readonly port: PcapPort,
    private readonly clock: { now: number },
  ) {
    this.stack = new TestStack(port);
    this.stack.poll(); // brings the stock; no frame is due at 0
  }

  static async open(options: object, hardwareAddress?: Uint8Array): Promise<ReplayedFiles> {
    const clock = { now: 0, nowUs: () => clock.now };
    const parsed = pcapOptionsSchema.parse({ clock: 'fast', ...options });
    const request = { interfaceName: 'test', mtu: MTU, clock, ...(hardwareAddress && { hardwareAddress }) };
    return new ReplayedFiles(await new PcapDriver().open(parsed, request), clock);
  }

  get nowUs(): number {
    return this.clock.now;
  }

  /** When the next frame, or the end, is due. */
  get nextAt(): number {
    return this.port.queue(0).nextFrameAt();
  }

  /** Lets the time come that is next and receives; the frames, and when they came. False at the end. */
  step(): boolean {
    if (this.port.linkState === 'gone') return false;
    this.clock.now = Math.max(this.clock.now, this.nextAt);
    this.stack.poll();
    return true;
  }

  /** Goes through the whole capture: each frame with its time. */
  all(): { readonly atUs: number; readonly bytes: number[] }[] {
    const frames: { atUs: number; bytes: number[] }[] = [];
    while (this.step()) {
      for (const bytes of this.stack.inbox.splice(0)) frames.push({ atUs: this.nowUs, bytes: [...bytes] });
    }
    return frames;
  }

  /** Sends a frame in a poll of its own, at the present moment. */
  send(frame: Uint8Array): void {
    if (this.stack.queueFrame(frame) === undefined) throw new Error('there is no room to send');
    this.stack.poll();
  }

  /** Closes the port: every buffer must be back. */
  async close(): Promise<void> {
    this.stack.releaseAll();
    this.stack.poll();
    await this.port.close();
    const { inUse, device, available, size } = this.port.queue(0).audit();
    if (inUse !== 0 || device !== 0) throw new Error(`of ${size} buffers ${available} came back`);
  }
}
