import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FarEnd } from '../conformance/link-fixture.js';

/**
 * stdin: "open DEVICE", one line of hex for each frame to send, and empty lines. stdout: "ready" once the device is open,
 * then one line for each frame that the kernel received on it, and "sent" for an empty line: the frames before it are on the
 * device. Ends with its stdin.
 */
const SCRIPT = `
import os
import select
import socket
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4  # linux/if_packet.h: what we (and the kernel) sent ourselves

peer = None


def obey(line):
    global peer
    if line.startswith(b"open "):
        if peer is not None:
            peer.close()
        peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        peer.bind((line[5:].decode(), 0))
        print("ready", flush=True)
    elif line == b"":
        print("sent", flush=True)
    else:
        try:
            peer.send(bytes.fromhex(line.decode()))
        except OSError as error:  # the device is down or gone
            print("error", error, file=sys.stderr)


unread = b""
while True:
    readable = select.select([0] if peer is None else [0, peer], [], [])[0]
    if peer in readable:
        try:
            frame, address = peer.recvfrom(70000)
            if address[2] != PACKET_OUTGOING:
                print(frame.hex(), flush=True)
        except OSError:
            pass  # ENETDOWN, told once for each time the device goes down
    if 0 in readable:
        some = os.read(0, 1 << 20)
        if some == b"":
            break
        *lines, unread = (unread + some).split(b"\\n")
        for line in lines:
            obey(line)
`;

/**
 * The far end of a device: an AF_PACKET socket in another process, in the device's network namespace. What the kernel
 * itself sends there is not seen. Takes root and python3.
 */
export class PacketPeer implements FarEnd {
  /** Frames that arrived there, in order. */
  readonly inbox: Uint8Array[] = [];
  private readonly flushes: (() => void)[] = [];
  private onReady: () => void = () => undefined;

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line === 'ready') this.onReady();
      else if (line === 'sent') this.flushes.shift()?.();
      else this.inbox.push(new Uint8Array(Buffer.from(line, 'hex')));
    });
  }

  static async open(netns: string, device: string): Promise<PacketPeer> {
    const child = spawn('ip', ['netns', 'exec', netns, 'python3', '-c', SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
    const peer = new PacketPeer(child);
    await peer.moveTo(device);
    return peer;
  }

  /** Goes to another device of the namespace: from now on it is that one's far end. */
  moveTo(device: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onExit = (status: number | null): void =>
        reject(new Error(`the process of the packet socket ended with status ${status}`));
      this.child.once('exit', onExit);
      this.onReady = () => {
        this.child.off('exit', onExit);
        this.inbox.length = 0; // of the device before
        resolve();
      };
      this.child.stdin?.write(`open ${device}\n`);
    });
  }

  send(frame: Uint8Array): true {
    this.child.stdin?.write(`${Buffer.from(frame).toString('hex')}\n`);
    return true;
  }

  flush(): Promise<void> {
    this.child.stdin?.write('\n');
    return new Promise((resolve) => this.flushes.push(resolve));
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
