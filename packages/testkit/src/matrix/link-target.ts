import { performance } from 'node:perf_hooks';
import type { LinkFixture } from '../conformance/link-fixture.js';
import { isPongOf, pingFrame } from './frames-of-stations.js';
import { machineHost } from './machine-host.js';
import { MatrixStack } from './matrix-stack.js';
import type { LinkScript, MatrixTarget, TimedFrame } from './matrix-target.js';

const PATIENCE_MS = 10_000;
/** Of the ping at the end: all that the script causes is sent before its answer. */
const LAST_SEQUENCE = 0x5e5e;

/**
 * A link in the machine's time, opened as for `describeLinkDriver`: so any driver that has that suite has this one too.
 *
 * @param open opens a link with an MTU of 1500; nothing but the far end's frames may come by it
 * @param paddedTo the shortest frame on this medium
 */
export function linkTarget(name: string, open: () => LinkFixture | Promise<LinkFixture>, paddedTo = 0): MatrixTarget {
  return {
    name,
    clock: 'real',
    paddedTo,
    run: async (script) => {
      const fixture = await open();
      let stack: MatrixStack | undefined;
      try {
        stack = new MatrixStack(machineHost(), fixture.port);
        await until(() => fixture.port.linkState === 'up', 'the link to be up');
        return await play(script, fixture);
      } finally {
        await stack?.close();
        await fixture.peer.close();
        await fixture.destroy();
      }
    },
  };
}

async function play({ frames }: LinkScript, { peer }: LinkFixture): Promise<TimedFrame[]> {
  const startMs = performance.now();
  const elapsedUs = (): number => (performance.now() - startMs) * 1000;
  for (const { atUs, bytes } of frames) {
    await until(() => elapsedUs() >= atUs, 'the time of a frame');
    await until(() => peer.send(bytes), 'room on the wire');
  }
  await until(() => peer.send(pingFrame(0, { sequence: LAST_SEQUENCE })), 'room on the wire');
  const received: TimedFrame[] = [];
  await until(async () => {
    for (let bytes = await peer.receive(); bytes !== null; bytes = await peer.receive()) {
      if (isPongOf(bytes, LAST_SEQUENCE)) return true;
      received.push({ atUs: elapsedUs(), bytes });
    }
    return false;
  }, 'the answer to the last ping');
  return received;
}

async function until(met: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await met())) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
