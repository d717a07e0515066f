import type { Socket } from 'node:net';
import { within } from './within.js';

const LENGTH_BYTES = 4;
const PATIENCE_MS = 60_000;

/**
 * The other end of a network card's cable, byte for byte: QEMU's `stream` network, where each frame is preceded by its
 * length in four bytes, big-endian. No frame is lost on it and none reordered; a card without free descriptors makes it
 * wait.
 */
export class FramePeer {
  /** Frames of the card that nobody has taken yet. */
  readonly inbox: Uint8Array[] = [];
  /** What answers a frame at once and by itself; such a frame does not come into the inbox. */
  answer: (frame: Uint8Array) => Uint8Array | undefined = () => undefined;
  private unread: Buffer = Buffer.alloc(0);
  private watchers: (() => void)[] = [];

  constructor(private readonly socket: Socket) {
    socket.on('error', () => socket.destroy()); // the machine is gone, which its exit tells
    socket.on('data', (bytes: Buffer) => this.take(bytes));
  }

  /** Sends frames to the card. */
  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(frame.length);
      this.socket.write(length);
      this.socket.write(frame);
    }
  }

  /** Takes the first frame that fits out of the inbox, or waits for it; others stay. */
  async receive(fits: (frame: Uint8Array) => boolean = () => true): Promise<Uint8Array> {
    const arrived = async (): Promise<Uint8Array> => {
      for (;;) {
        const index = this.inbox.findIndex(fits);
        if (index >= 0) return this.inbox.splice(index, 1)[0];
        await new Promise<void>((resolve) => this.watchers.push(resolve));
      }
    };
    return within(PATIENCE_MS, 'a frame', arrived());
  }

  private take(bytes: Buffer): void {
    let all = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes]);
    while (all.length >= LENGTH_BYTES && all.length >= LENGTH_BYTES + all.readUInt32BE()) {
      const end = LENGTH_BYTES + all.readUInt32BE();
      this.deliver(new Uint8Array(all.subarray(LENGTH_BYTES, end)));
      all = all.subarray(end);
    }
    this.unread = all;
    for (const wake of this.watchers.splice(0)) wake();
  }

  private deliver(frame: Uint8Array): void {
    const answer = this.answer(frame);
    if (answer === undefined) this.inbox.push(frame);
    else this.send(answer);
  }
}
