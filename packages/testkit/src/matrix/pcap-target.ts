import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, LinkPort } from '@lunetta/core';
import { FileSink, openCapture, PcapDriver, pcapOptionsSchema, PcapngWriter, Reading } from '@lunetta/driver-pcap';
import { macBytes } from '../packets/addresses.js';
import { machineHost } from './machine-host.js';
import { MATRIX_START_US, MatrixStack } from './matrix-stack.js';
import type { LinkScript, MatrixTarget, TimedFrame } from './matrix-target.js';

const PATIENCE_MS = 10_000;

/** The pcap driver: a capture in, a capture out, as fast as possible in the capture's time. */
export function pcapTarget(name = 'pcap'): MatrixTarget {
  return {
    name,
    clock: 'virtual',
    run: async (script) => {
      const folder = mkdtempSync(join(tmpdir(), 'lunetta-matrix-'));
      try {
        const [input, output] = [join(folder, 'in.pcapng'), join(folder, 'out.pcapng')];
        writeFrames(script, input);
        await replay(script, input, output);
        return await readFrames(output);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** The time of a capture: stands still while the stack works. */
class SteppedClock implements Clock {
  private now = MATRIX_START_US;

  nowUs(): number {
    return this.now;
  }

  advanceTo(us: number): boolean {
    this.now = Math.max(this.now, us);
    return true;
  }
}

function writeFrames({ frames }: LinkScript, path: string): void {
  const writer = new PcapngWriter(new FileSink(path));
  try {
    const iface = writer.addInterface({ name: 'lan' });
    for (const { atUs, bytes } of frames) writer.writePacket(iface, MATRIX_START_US + atUs, bytes, 0, bytes.length);
  } finally {
    writer.close();
  }
}

async function replay({ frames, durationUs }: LinkScript, input: string, output: string): Promise<void> {
  const clock = new SteppedClock();
  const linger = (durationUs - (frames.at(-1)?.atUs ?? 0)) / 1e6;
  const options = pcapOptionsSchema.parse({ in: input, out: output, clock: 'fast', linger, answerArp: false });
  const port = await new PcapDriver().open(options, {
    interfaceName: 'lan',
    hardwareAddress: macBytes(MatrixStack.MAC),
    mtu: MatrixStack.MTU,
    clock,
  });
  const stack = new MatrixStack({ ...machineHost(), clock }, port);
  try {
    await ended(port);
  } finally {
    await stack.close();
  }
  if (port.failure !== undefined) throw port.failure;
}

async function ended(port: LinkPort): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (port.linkState !== 'gone') {
    if (Date.now() > deadline) throw new Error(`the capture has not ended after ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function readFrames(path: string): Promise<TimedFrame[]> {
  const { source } = await openCapture(path);
  try {
    const frames: TimedFrame[] = [];
    while (source.next() === Reading.PACKET) {
      const { timeUs, bytes, at, capturedLength } = source.record;
      frames.push({ atUs: timeUs - MATRIX_START_US, bytes: bytes.slice(at, at + capturedLength) });
    }
    return frames;
  } finally {
    source.close();
  }
}
