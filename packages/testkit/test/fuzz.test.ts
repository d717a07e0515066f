import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ethernet, frameFromHex, fuzzFrames, type FuzzStep, readPacket, StackLab } from '@lunetta/testkit';
import type { SeededRandom } from '@lunetta/core';

/** A datagram from a random port, with a random payload. */
function datagramStep(random: SeededRandom): FuzzStep {
  const payload = Uint8Array.from({ length: 1 + random.below(300) }, () => random.below(256));
  const [ports, qualities] = [
    { srcPort: 1 + random.below(60_000), dstPort: random.below(20) },
    { ttl: random.below(255), tos: random.below(255) },
  ];
  const frame = ethernet().ipv4(qualities).udp(ports).payload(payload).bytes();
  if (random.chance(0.1)) frame[random.below(frame.length)] ^= 1 << random.below(8);
  return { afterUs: random.below(1_000_000), frame };
}

const dstPort = (step: FuzzStep): number => ('frame' in step ? (step.frame[36] << 8) | step.frame[37] : -1);

test('each run closes and checks what it has made before the next begins', async () => {
  const found = { folder: tmpdir(), property: 'keepsLabs', module: '../none.js' };
  const labs: StackLab[] = [];
  const property = (): void => {
    for (const { stack } of labs) expect(() => stack.udp.open()).toThrow('the stack is closed');
    labs.push(new StackLab());
  };
  await fuzzFrames({ seed: 1, runs: 3, step: datagramStep, property, found });
  expect(labs).toHaveLength(3);
});

describe('a run that breaks a property', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-fuzz-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function find(
    property: (steps: readonly FuzzStep[]) => void,
    seed = 1,
  ): Promise<{ message: string; test: string }> {
    const found = { folder, property: 'planted', module: '../planted.js' };
    const error = await fuzzFrames({ seed, runs: 100, maxSteps: 200, step: datagramStep, property, found }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    const message = error?.message ?? 'nothing found';
    return { message, test: /A test of it: (.*)/.exec(message)?.[1] ?? '' };
  }

  const framesOf = (path: string): Uint8Array[] => {
    const text = readFileSync(path, 'utf8');
    return [...text.matchAll(/frameFromHex\(([^)]*)\)/g)].map(([, pieces]) =>
      frameFromHex(pieces.replace(/['\s,]/g, '')),
    );
  };

  test.each([1, 2, 3, 4])('is shrunk to the two frames that break it in this order (seed %d)', async (seed) => {
    const { message, test: path } = await find((steps) => {
      const first = steps.findIndex((step) => dstPort(step) === 11);
      if (first >= 0 && steps.slice(first).some((step) => dstPort(step) === 3)) throw new Error('3 came after 11');
    }, seed);
    expect(message).toMatch(/planted does not hold \(seed \d+, \d{2,3} steps shrunk to 2\): 3 came after 11/);
    const frames = framesOf(path);
    expect(frames.map((frame) => (frame[36] << 8) | frame[37])).toEqual([11, 3]);
    for (const frame of frames) {
      expect(frame.length).toBeLessThanOrEqual(42);
      expect(frame.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)).toBeLessThanOrEqual(5);
    }
    expect(readFileSync(path, 'utf8').match(/afterUs: 0,/g)).toHaveLength(2);
  });

  test('keeps the valid frame where an invalid one does not break it', async () => {
    const { test: path } = await find((steps) => {
      for (const step of steps) {
        if (!('frame' in step) || step.frame.length < 60) continue;
        let isGood = true;
        try {
          readPacket(step.frame);
        } catch {
          isGood = false;
        }
        if (isGood) throw new Error('a good frame of 60 bytes or more');
      }
    });
    const [frame] = framesOf(path);
    expect(frame).toHaveLength(60);
    expect(readPacket(frame).udp).toBeDefined();
  });

  test('keeps a wrong checksum where that is what breaks it', async () => {
    const { test: path } = await find((steps) => {
      for (const step of steps) {
        if (!('frame' in step)) continue;
        try {
          readPacket(step.frame);
        } catch (error) {
          if (String(error).includes('wrong udp.checksum: 0x')) throw error;
        }
      }
    });
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^ *\/\/ .* udp \d+ > \d+; checksum: 0x[0-9a-f]{4} is wrong/m);
    expect(framesOf(path)).toHaveLength(1);
  });

  test('keeps the time between two frames that breaks it', async () => {
    const { test: path } = await find((steps) => {
      if (steps.some(({ afterUs }, i) => i > 0 && afterUs > 700_000)) throw new Error('it took too long');
    });
    const [first, second] = [...readFileSync(path, 'utf8').matchAll(/afterUs: (\d+)/g)].map(([, us]) => Number(us));
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(700_000);
  });

  test('leaves a capture of its frames, which tshark reads', async () => {
    const { message } = await find((steps) => {
      if (steps.length > 4) throw new Error('more than four steps');
    });
    const capture = /frames: (.*)/.exec(message)![1];
    const lines = execFileSync('tshark', ['-r', capture, '-T', 'fields', '-e', 'frame.number'], { encoding: 'utf8' });
    expect(lines.trim().split('\n')).toHaveLength(5);
  });

  test('a property that holds leaves nothing', async () => {
    expect((await find(() => undefined)).message).toBe('nothing found');
    expect(existsSync(folder)).toBe(true);
  });
});
