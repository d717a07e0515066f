import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { ethernet } from '@lunetta/testkit';
import { describeTap } from '@lunetta/testkit/jest';
import { captureOf } from './support/capture-files.js';
import { packetsOf } from './support/read-capture.js';

// A process is started for each, which on a busy machine takes its time.
jest.setTimeout(120_000);

const BIN = fileURLToPath(new URL('../bin/lunetta.js', import.meta.url));
const ENDS = { src: '10.0.0.9', dst: '10.0.0.1' };
const PAYLOAD = 1000;
const HEADERS = 42;

const folder = mkdtempSync(join(tmpdir(), 'lunetta-output-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const request = ethernet({ dst: '02:6c:75:6e:00:01', src: '02:00:00:00:00:09' })
  .ipv4(ENDS)
  .udp({ srcPort: 9, dstPort: 7 })
  .payload(new Uint8Array(PAYLOAD))
  .bytes();
const requests = (count: number): Uint8Array => captureOf(new Array<Uint8Array>(count).fill(request));

/** Answers among the packets of a capture. */
function answersIn(bytes: Uint8Array): number {
  return packetsOf(bytes).packets.filter((packet) => packet.length === HEADERS + PAYLOAD).length;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** `lunetta replay INPUT --out OUTPUT`, with an echo service. */
function replay(input: string, output: string, stdio: 'pipe' | 'ignore', ...more: string[]): ChildProcess {
  const words = ['replay', input, '--out', output, '--address', '10.0.0.1/24', '--service', 'echo', ...more];
  const child = spawn(process.execPath, [BIN, ...words], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: [stdio, 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** All that a stream says until it ends. */
async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream!) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it has not come about in a minute');
    await wait(5);
  }
}

/** Whether a process has tried to write since it was asked last, and no byte was taken: its pipe is full. */
function writesInVain(pid: number): () => boolean {
  let [bytes, calls] = [0, 0];
  return () => {
    const counts = readFileSync(`/proc/${pid}/io`, 'latin1');
    const [bytesNow, callsNow] = ['wchar', 'syscw'].map((name) => Number(RegExp(`${name}: (\\d+)`).exec(counts)?.[1]));
    const isInVain = bytesNow > 0 && bytesNow === bytes && callsNow > calls;
    [bytes, calls] = [bytesNow, callsNow];
    return isInVain;
  };
}

describe('what lunetta replay writes', () => {
  test('is in the file as soon as it was sent, for whoever follows it, and stays there after SIGKILL', async () => {
    const output = path('killed.pcapng');
    const child = replay('-', output, 'pipe', '--clock', 'recorded');
    const input = requests(40);
    const half = input.length - 20 * (input.length / 40 - 10); // somewhere in the middle, within a packet
    child.stdin!.write(input.subarray(0, Math.floor(half)));
    await until(() => existsSync(output) && answersIn(readFileSync(output)) >= 15);
    const seen = readFileSync(output);
    child.kill('SIGKILL');
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    const left = readFileSync(output);
    expect(left.subarray(0, seen.length)).toEqual(seen);
    expect(packetsOf(left).failure).toBeUndefined(); // it ends with a whole packet
  });

  test('goes into a named pipe', async () => {
    const fifo = path('fifo');
    execFileSync('mkfifo', [fifo]);
    writeFileSync(path('in.pcapng'), requests(500));
    const child = replay(path('in.pcapng'), fifo, 'ignore');
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(reader);
    const [written] = await Promise.all([textOf(reader.stdout), once(child, 'close')]);
    expect(child.exitCode).toBe(0);
    expect(answersIn(Buffer.from(written, 'latin1'))).toBe(500);
  });

  test('waits for a reader that is slow', async () => {
    writeFileSync(path('long.pcapng'), requests(5000));
    const child = replay(path('long.pcapng'), '-', 'ignore');
    await until(writesInVain(child.pid!));
    const [written, told] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')]);
    expect(child.exitCode).toBe(0);
    expect(answersIn(Buffer.from(written, 'latin1'))).toBe(5000);
    expect(told).toMatch(/delivered to sockets +5000/);
  });

  test('a reader that has gone ends it with an error', async () => {
    writeFileSync(path('long.pcapng'), requests(5000));
    const child = replay(path('long.pcapng'), '-', 'ignore');
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [told] = await Promise.all([textOf(child.stderr), once(child, 'exit')]);
    expect(told).toMatch(/lunetta: stdout: at byte \d+: cannot be written: its reader has ended\n$/);
    expect(child.exitCode).toBe(1);
  });
});

describeTap('a disk that becomes full', () => {
  const SIZE = 256 << 10;

  /** Runs `"$0" "$@"` as part of a script: a replay with more answers than there is room for. */
  function run(script: string, output: string): { status: number | null; stderr: string } {
    writeFileSync(path('much.pcapng'), requests(2000));
    const words = ['replay', path('much.pcapng'), '--out', output, '--address', '10.0.0.1/24', '--service', 'echo'];
    return spawnSync('unshare', ['--mount', 'sh', '-c', script, process.execPath, BIN, ...words], {
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    });
  }

  test('ends the replay with the offset; what was written before is a capture of whole answers, then cut', () => {
    const mount = path('small');
    const copy = path('copy.pcapng');
    const script =
      `mkdir -p ${mount} && mount -t tmpfs -o size=${SIZE} lunetta-test ${mount} && "$0" "$@"; ` +
      `code=$?; cp ${mount}/out ${copy}; exit $code`;
    const { status, stderr } = run(script, join(mount, 'out'));
    expect(stderr).toBe(
      `lunetta: ${mount}/out: at byte ${SIZE}: cannot be written: the disk is full; free some space, or write elsewhere\n`,
    );
    expect(status).toBe(1);
    const { packets, failure } = packetsOf(readFileSync(copy));
    expect(packets.length).toBeGreaterThan(200);
    expect(failure?.message).toMatch(/the file ends within a block/);
  });

  test('a limit of file size does the same', () => {
    const { status, stderr } = run('ulimit -f 200; exec "$0" "$@"', path('limited'));
    expect(stderr).toMatch(
      /at byte \d+: cannot be written: the file may not grow further; write to another file system/,
    );
    expect(status).toBe(1);
  });
});
