import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Netns } from '@lunetta/testkit/jest';

const PATIENCE_MS = 5000;

/** raw-sockets.mjs in a namespace: sends raw IPv4 packets and collects the UDP and ICMP packets that come. */
export class RawPeer {
  private readonly inbox: Uint8Array[] = [];
  private onPacket = (): void => undefined;

  private constructor(private readonly child: ChildProcess) {}

  static async open(netns: Netns): Promise<RawPeer> {
    const script = `${import.meta.dirname}/raw-sockets.mjs`;
    const child = spawn('ip', ['netns', 'exec', netns.name, process.execPath, script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const peer = new RawPeer(child);
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (status) => reject(new Error(`raw-sockets.mjs ended with status ${status}`)));
      lines.on('line', (line) => {
        if (line === 'ready') return resolve();
        peer.inbox.push(new Uint8Array(Buffer.from(line, 'hex')));
        peer.onPacket();
      });
    });
    return peer;
  }

  send(packet: Uint8Array): void {
    this.child.stdin!.write(`${Buffer.from(packet).toString('hex')}\n`);
  }

  /** The first packet that came, or comes, for which `isIt` holds; those before it are thrown away. */
  async receive(isIt: (packet: Uint8Array) => boolean): Promise<Uint8Array> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      for (let packet = this.inbox.shift(); packet !== undefined; packet = this.inbox.shift()) {
        if (isIt(packet)) return packet;
      }
      const leftMs = giveUpAt - performance.now();
      if (leftMs <= 0) throw new Error(`no such packet within ${PATIENCE_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.onPacket = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.stdin!.end();
    await ended;
  }
}
