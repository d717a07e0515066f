import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaptureReader, LiveBytes, MemorySink, Reading } from '@lunetta/driver-pcap';
import type { VirtualLan } from '@lunetta/testkit';
import { withLan, type CableConditions, type WithLanOptions } from '@lunetta/testkit';

/** Two hosts whose every ping meets something. @returns the capture of their cable */
async function captured(seed: number, conditions: CableConditions): Promise<MemorySink> {
  const sink = new MemorySink();
  await withLan({ seed }, async (lan) => {
    const [a, b] = [lan.host('a', '10.0.0.1/24'), lan.host('b', '10.0.0.2/24')];
    lan.cable(a, b, conditions);
    lan.capture(sink);
    for (let i = 0; i < 200; i++) {
      a.stack.ping('10.0.0.2', { size: 40 }, () => undefined);
      await lan.advance('5ms');
    }
    await lan.advance('10s');
  });
  return sink;
}

/** The comments of a capture's packets. */
function commentsOf(sink: MemorySink): (string | undefined)[] {
  const bytes = new LiveBytes('capture');
  bytes.push(sink.bytes);
  bytes.end();
  const reader = new CaptureReader(bytes);
  const comments: (string | undefined)[] = [];
  while (reader.next() === Reading.PACKET) comments.push(reader.record.comment);
  return comments;
}

const everything: CableConditions = {
  ...{ delay: '3ms', jitter: '1ms', rate: '1Mbit', loss: 0.1, duplication: 0.1, reordering: 0.1, corruption: 0.1 },
};

describe('a capture of a cable', () => {
  test('is the same byte by byte for the same seed, and another one for another', async () => {
    const [first, second, other] = [
      await captured(7, everything),
      await captured(7, everything),
      await captured(8, everything),
    ];
    expect(first.bytes.length).toBeGreaterThan(10_000);
    expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
    expect(Buffer.compare(first.bytes, other.bytes)).not.toBe(0);
  });

  test('says of each frame which fault has hit it', async () => {
    const comments = commentsOf(await captured(7, everything));
    for (const told of [/^lost: loss$/, /duplicated/, /reordered: comes behind [123] later frames?/, /delayed/]) {
      expect(comments.filter((comment) => told.test(comment ?? '')).length).toBeGreaterThan(5);
    }
    expect(comments.some((comment) => /^corrupted: bit [0-7] of byte \d+/.test(comment ?? ''))).toBe(true);
    const mute = commentsOf(await captured(7, {}));
    expect(mute.every((comment) => comment === undefined)).toBe(true);
  });
});

describe('a run that fails', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-lan-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a test that fails after some pings. */
  async function failing(body: (lan: VirtualLan) => void, options: WithLanOptions = { captureFolder: folder }) {
    const run = withLan({ seed: 3, history: 20, ...options }, async (lan) => {
      const [a, b] = [lan.host('a', '10.0.0.1/24'), lan.host('b', '10.0.0.2/24')];
      lan.cable(a, b, { loss: 0.2, delay: '1ms' });
      for (let i = 0; i < 50; i++) {
        a.stack.ping('10.0.0.2', {}, () => undefined);
        await lan.advance('10ms');
      }
      body(lan);
    });
    return run.then(
      () => new Error('it has not failed'),
      (error: Error) => error,
    );
  }

  test('leaves its last frames behind, and their path in the message; tshark reads them without a complaint', async () => {
    const error = await failing(() => expect(1).toBe(2));
    const path = /what was on the cables \(seed 3\): (\S+\.pcapng)/.exec(error.message)?.[1] ?? '';
    expect(error.stack).toContain(path);
    expect(error.message).toMatch(/^.*toBe.*\n/);
    const fields = [
      '-T',
      'fields',
      '-e',
      'frame.comment',
      '-e',
      '_ws.expert.severity',
      '-e',
      'ip.src',
      '-e',
      'frame.interface_name',
    ];
    const lines = execFileSync('tshark', ['-n', '-r', path, ...fields], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(20);
    expect(lines.some((line) => line.startsWith('lost: loss'))).toBe(true);
    for (const line of lines) expect(line).toContain('a:eth0 - b:eth0');
  });

  test('leaves a folder of its own for it if none is given', async () => {
    const error = await failing(() => {
      throw new Error('no luck');
    }, {});
    const path = /^no luck\nwhat was on the cables \(seed 3\): (\S+)$/.exec(error.message)?.[1] ?? '';
    expect(path.startsWith(tmpdir())).toBe(true);
    rmSync(dirname(path), { recursive: true });
  });

  test('says so if the capture cannot be written', async () => {
    const error = await failing(() => expect(1).toBe(2), { captureFolder: join(folder, 'no', 'where') });
    expect(error.message).toMatch(/could not be saved: .*make the folder first/);
  });

  test('tells what is thrown that is no error, and what else is wrong when it closes', async () => {
    const error = await failing((lan) => {
      lan.time.scheduler.nextTurn(() => {
        throw new Error('later');
      });
      const text: unknown = 'text';
      throw text;
    });
    expect(error.message).toMatch(/^text\n.*\nclosing it afterwards: Error: later/);
    expect(error.cause).toBe('text');
  });
});
