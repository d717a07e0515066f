import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { CaptureReader, FileBytes, Reading } from '@lunetta/driver-pcap';
import { ethernet, readPacket } from '@lunetta/testkit';
import { captureOf } from './support/capture-files.js';
import { runLunetta } from './support/lunetta-process.js';

// A process is started for each, which on a busy machine takes its time.
jest.setTimeout(60_000);

const US = '02:6c:75:6e:00:01';
const PEER = '02:00:00:00:00:09';
const ENDS = { src: '10.0.0.9', dst: '10.0.0.1' };
const BIN = fileURLToPath(new URL('../bin/lunetta.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'lunetta-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

function udp(dstPort: number, payload: number, checksum?: number): Uint8Array {
  const headers = ethernet({ dst: US, src: PEER }).ipv4(ENDS).udp({ srcPort: 9, dstPort, checksum });
  return headers.payload(new Uint8Array(payload)).bytes();
}

const ping = ethernet({ dst: US, src: PEER }).ipv4(ENDS).icmp({ rest: 7 }).payload(new Uint8Array(9)).bytes();
/** What we have sent ourselves when the capture was made. */
const own = ethernet({ dst: PEER, src: US }).ipv4({ src: ENDS.dst, dst: ENDS.src }).payload(new Uint8Array(20)).bytes();
const FRAMES = [udp(7, 10), own, udp(7, 500), ping, udp(8, 3), udp(7, 4, 0x1234), ping];

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(path(name), bytes);
  return path(name);
}

function packetsOf(name: string): Uint8Array[] {
  const reader = new CaptureReader(new FileBytes(path(name)));
  const packets: Uint8Array[] = [];
  while (reader.next() === Reading.PACKET) {
    const { bytes, at, capturedLength } = reader.record;
    packets.push(bytes.slice(at, at + capturedLength));
  }
  reader.close();
  return packets;
}

const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(path(name)))
    .digest('hex');
const REPLAY = ['--address', '10.0.0.1/24', '--service', 'echo'];

describe('lunetta replay', () => {
  test('answers what is in the capture, and says what became of it', async () => {
    const input = file('in.pcapng', captureOf(FRAMES));
    const { code, stdout, stderr } = await runLunetta('replay', input, '--out', path('out.pcapng'), ...REPLAY);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.replace(/ +(\d+)$/, ': $1'))).toEqual([
      'packets received: 7', // with the answer to our ARP request
      '  delivered to sockets: 2',
      '  consumed by the stack: 3',
      '  dropped: udp.badChecksum: 1',
      '  dropped: udp.noPort: 1',
      expect.stringMatching(/^packets sent: \d+$/),
      '  not shown: rxOwnAddress: 1',
      '  noted: arpAnswered: 1',
      '',
    ]);
    const sent = packetsOf('out.pcapng').map(readPacket);
    expect(sent.filter(({ udp: header }) => header).map(({ payload }) => payload.length)).toEqual([10, 500]);
    expect(sent.filter(({ icmp }) => icmp?.type === 0)).toHaveLength(2);
    expect(sent.filter(({ icmp }) => icmp?.type === 3)).toHaveLength(1);
  });

  test.each(['pcapng', 'pcap', 'pcap-ns'])('the same input gives the same %s in every clock mode', async (format) => {
    const input = file('same.pcapng', captureOf(FRAMES));
    const hashes: string[] = [];
    for (const clock of ['fast', 'recorded', '10', 'fast']) {
      const args = [input, '--out', path('same-out'), '--clock', clock, '--format', format, ...REPLAY];
      expect(await runLunetta('replay', ...args)).toMatchObject({ code: 0 });
      hashes.push(hashOf('same-out'));
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test('without a service it goes through the whole capture too', async () => {
    const input = file('silent.pcapng', captureOf(FRAMES));
    const { code, stdout } = await runLunetta(
      'replay',
      input,
      '--address',
      '10.0.0.1/24',
      '--clock',
      'recorded',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rx: { dropped: { 'udp.noPort': 3 } } });
  });

  test('another seed gives other random numbers', async () => {
    const input = file('seed.pcapng', captureOf(FRAMES));
    for (const seed of ['1', '2'])
      await runLunetta('replay', input, '--out', path(`seed-${seed}`), '--seed', seed, ...REPLAY);
    expect(hashOf('seed-1')).not.toBe(hashOf('seed-2'));
  });

  test('a capture that is cut: what was good is answered, then the error with its offset', async () => {
    const whole = captureOf(FRAMES, 'pcap');
    const input = file('cut.pcap', whole.subarray(0, whole.length - 5));
    const { code, stdout, stderr } = await runLunetta('replay', input, '--out', path('cut-out'), ...REPLAY);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `lunetta: ${input}: at byte ${whole.length - 16 - ping.length}: the file ends within a packet: ` +
        `${16 + ping.length - 5} of ${16 + ping.length} bytes are there\n`,
    );
    expect(stdout).toMatch(/delivered to sockets +2\n/);
    expect(packetsOf('cut-out').length).toBeGreaterThan(3);
  });

  test.each([
    ['nothing.pcap', new Uint8Array(0), 'at byte 0: is empty: no capture begins with nothing'],
    ['text.pcap', new TextEncoder().encode('hello, this is text'), 'at byte 0: begins with 68656c6c, which is neither'],
  ])('%s is no capture', async (name, bytes, message) => {
    const { code, stderr } = await runLunetta('replay', file(name, bytes), ...REPLAY);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('a full disk ends it with an error', async () => {
    const input = file('full.pcapng', captureOf(FRAMES));
    const { code, stderr } = await runLunetta('replay', input, '--out', '/dev/full', ...REPLAY);
    expect(code).toBe(1);
    expect(stderr).toContain('/dev/full: at byte 0: cannot be written: the disk is full');
  });

  test.each(['pcap', 'pcapng'] as const)('reads %s from stdin and writes to stdout', async (format) => {
    const input = captureOf(FRAMES, format);
    const child = spawn(process.execPath, [BIN, 'replay', '-', '--out', '-', ...REPLAY], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.end(input);
    expect(await once(child, 'close')).toEqual([0, null]);
    file('stdout.pcapng', Buffer.concat(chunks));
    expect(
      packetsOf('stdout.pcapng')
        .map(readPacket)
        .filter(({ udp: header }) => header),
    ).toHaveLength(2);
  });

  test('a wrong clock is wrong usage', async () => {
    const input = file('usage.pcapng', captureOf(FRAMES));
    expect(await runLunetta('replay', input, ...REPLAY, '--clock', 'slow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("It must be 'recorded', 'fast' or a number more than 0."),
    });
  });

  test('the driver alone: lunetta echo --driver pcap ends with the capture', async () => {
    const input = file('echo.pcapng', captureOf(FRAMES));
    const { code, stdout, stderr } = await runLunetta(
      'echo',
      '--driver',
      'pcap',
      '--device',
      input,
      '--address',
      '10.0.0.1/24',
    );
    expect(stdout).toContain('datagrams echoed: 2 (510 bytes');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `lunetta: interface ${input}: the capture ${input} has ended\n`,
    });
  });
});
