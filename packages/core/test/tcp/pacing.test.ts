import { describe, expect, test } from '@jest/globals';
import { withLan, type CableFrame } from '@lunetta/testkit';
import { pattern, Reader, send } from './support.js';

const BYTES = 4_000_000;
/** The bottleneck: a round trip of 40 ms and 20 Mbit/s, 69 packets. */
const BOTTLENECK = { delay: '20ms', rate: 20e6 } as const;

interface Outcome {
  readonly mbits: number;
  readonly resent: number;
  /** Full segments that left within a millisecond, at most, once the initial window had left. */
  readonly burst: number;
}

/** Sends 4 MB over a cable whose queue holds so many packets. */
async function transfer(pacing: boolean, packets: number, offloads = false): Promise<Outcome> {
  const sentAtUs: number[] = [];
  let outcome: Outcome | undefined;
  await withLan({ seed: 1 }, async (lan) => {
    const settings = { tcp: { pacing } };
    const [a, b] = [lan.host('a', '10.0.0.1/24', { settings, offloads }), lan.host('b', '10.0.0.2/24', { settings })];
    const cable = lan.cable(a, b, { ...BOTTLENECK, queue: { packets } });
    cable.observe(({ isForward, bytes, sentUs }: CableFrame) => {
      if (isForward && bytes.length > 1000) sentAtUs.push(sentUs);
    });
    let reader: Reader | undefined;
    b.stack.tcp.listen({ port: 80 }).onConnection = (connection) => (reader = new Reader(connection));
    const client = a.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
    await lan.advance('1s');
    const bytes = pattern(BYTES);
    send(client, bytes);
    while (reader!.length < BYTES) await lan.advance('10ms');
    const seconds = (sentAtUs.at(-1)! - sentAtUs[0]) / 1e6;
    expect(Buffer.compare(reader!.bytes, bytes)).toBe(0);
    outcome = {
      mbits: (8 * BYTES) / seconds / 1e6,
      resent: client.statistics().segmentsResent,
      burst: Math.max(
        ...sentAtUs.slice(10).map((at, _, all) => all.filter((other) => other >= at && other < at + 1000).length),
      ),
    };
    reader!.connection.close();
    await lan.advance('2min');
  });
  return outcome!;
}

describe('pacing', () => {
  test('sends more over a path whose queue is shorter than a window', async () => {
    const [atOnce, paced] = [await transfer(false, 20), await transfer(true, 20)];
    expect(atOnce.burst).toBeGreaterThan(20);
    expect(paced.burst).toBeLessThan(12);
    expect(paced.mbits).toBeGreaterThan(1.3 * atOnce.mbits);
  }, 60_000);

  test('hands a device that cuts segments up no more than leaves in a millisecond', async () => {
    const { burst, mbits } = await transfer(true, 20, true);
    expect(burst).toBeLessThan(16);
    expect(mbits).toBeGreaterThan(15);
  }, 60_000);

  test('costs nothing where the queue is long', async () => {
    const [atOnce, paced] = [await transfer(false, 140), await transfer(true, 140)];
    expect(paced).toMatchObject({ resent: 0 });
    expect(paced.mbits).toBeGreaterThan(0.98 * atOnce.mbits);
  }, 60_000);
});
