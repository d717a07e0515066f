import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FarEnd } from '../conformance/link-fixture.js';

/**
 * stdin: one line of hex for each frame to send, and empty lines. stdout: "ready", then one line for each frame that the
 * kernel received on the device, and "sent" for an empty line: the frames before it are on the device. Ends with its stdin.
 */
const SCRIPT = `
import os
import socket
import sys
import threading

ETH_P_ALL = 3
PACKET_OUTGOING = 4  # linux/if_packet.h: what we (and the kernel) sent ourselves

peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
peer.bind((sys.argv[1], 0))
speaking = threading.Lock()


def say(line):
    with speaking:
        print(line, flush=True)


def send():
    for line in sys.stdin:
        if line == "\\n":
            say("sent")
            continue
        try:
            peer.send(bytes.fromhex(line))
        except OSError as error:  # the device is down or gone
            print("error", error, file=sys.stderr)
    os._exit(0)


threading.Thread(target=send, daemon=True).start()
say("ready")
while True:
    try:
        frame, address = peer.recvfrom(70000)
    except OSError:
        continue  # ENETDOWN, told once for each time the device goes down
    if address[2] != PACKET_OUTGOING:
        say(frame.hex())
`;

/**
 * The far end of a device: an AF_PACKET socket in another process, in the device's network namespace. What the kernel
 * itself sends there is not seen. Takes root and python3.
 */
export class PacketPeer implements FarEnd {
  /** Frames that arrived there, in order. */
  readonly inbox: Uint8Array[] = [];
  private readonly flushes: (() => void)[] = [];

  private constructor(private readonly child: ChildProcess) {}

  static async open(netns: string, device: string): Promise<PacketPeer> {
    const child = spawn('ip', ['netns', 'exec', netns, 'python3', '-c', SCRIPT, device], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const peer = new PacketPeer(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (status) => reject(new Error(`the process of the packet socket ended with status ${status}`)));
      lines.on('line', (line) => {
        if (line === 'ready') resolve();
        else if (line === 'sent') peer.flushes.shift()?.();
        else peer.inbox.push(new Uint8Array(Buffer.from(line, 'hex')));
      });
    });
    return peer;
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
