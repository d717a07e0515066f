import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./packet-peer.py', import.meta.url));

/** The far end of a TAP device: an AF_PACKET socket in another process, in the device's network namespace. */
export class PacketPeer {
  /** Frames that arrived there, in order. */
  readonly inbox: Uint8Array[] = [];

  private constructor(private readonly child: ChildProcess) {}

  static async open(netns: string, device: string): Promise<PacketPeer> {
    const child = spawn('ip', ['netns', 'exec', netns, 'python3', SCRIPT, device], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const peer = new PacketPeer(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (status) => reject(new Error(`packet-peer.py ended with status ${status}`)));
      lines.on('line', (line) => {
        if (line === 'ready') resolve();
        else peer.inbox.push(new Uint8Array(Buffer.from(line, 'hex')));
      });
    });
    return peer;
  }

  send(frame: Uint8Array): true {
    this.child.stdin?.write(`${Buffer.from(frame).toString('hex')}\n`);
    return true;
  }

  receive(): Uint8Array | null {
    return this.inbox.shift() ?? null;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }
}
