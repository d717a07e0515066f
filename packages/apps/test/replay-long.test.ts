import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { MemorySink, PcapngWriter } from '@lunetta/driver-pcap';
import { ethernet } from '@lunetta/testkit';
import { captureOf } from './support/capture-files.js';
import { runLunetta } from './support/lunetta-process.js';

jest.setTimeout(300_000); // hundreds of megabytes, on a machine that does other things too

const BIN = fileURLToPath(new URL('../bin/lunetta.js', import.meta.url));
const ON_TERMINAL = fileURLToPath(new URL('support/on-terminal.py', import.meta.url));
const ENDS = { src: '10.0.0.9', dst: '10.0.0.1' };
const MEGABYTE = 1e6;
/** The size of the captures, and what Node may take for objects; its own code and the frame buffers come to that. */
const CAPTURE_MB = 300;
const HEAP_MB = 48;
const RESIDENT_MB = 150;

const folder = mkdtempSync(join(tmpdir(), 'lunetta-long-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a capture of so many megabytes: requests to port 7 of 1 to 1,400 bytes, one after the other. */
function longCapture(format: 'pcap' | 'pcapng', megabytes: number): { path: string; packets: number } {
  const path = join(folder, `long.${format}`);
  const frames = Array.from({ length: 2000 }, (_, i) =>
    ethernet({ dst: '02:6c:75:6e:00:01', src: '02:00:00:00:00:09' })
      .ipv4(ENDS)
      .udp({ srcPort: 9, dstPort: 7 })
      .payload(new Uint8Array(1 + ((i * 7) % 1400)))
      .bytes(),
  );
  const piece = captureOf(frames, format);
  const header = format === 'pcap' ? 24 : piece.length - captureBytes(frames);
  writeFileSync(path, piece.subarray(0, header));
  const pieces = Math.ceil((megabytes * MEGABYTE) / piece.length);
  for (let i = 0; i < pieces; i++) appendFileSync(path, piece.subarray(header));
  return { path, packets: pieces * frames.length };
}

/** Bytes of the blocks of pcapng that hold frames. */
function captureBytes(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, { length }) => sum + 32 + ((length + 3) & ~3), 0);
}

describe.each(['pcap', 'pcapng'] as const)(`a capture of ${CAPTURE_MB} MB, %s`, (format) => {
  test(`is replayed with ${HEAP_MB} MB of heap and ${RESIDENT_MB} MB in all, and tells how far it is`, async () => {
    const { path, packets } = longCapture(format, CAPTURE_MB);
    // Not resourceUsage().maxRSS: that begins with the size of the process that has started this one.
    const tellsSize = `data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>console.error(/VmHWM.*/.exec(readFileSync('/proc/self/status','utf8'))[0]))`;
    const replay = ['replay', path, '--address', '10.0.0.1/24', '--service', 'echo', '--json', '--out', '/dev/null'];
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, '--import', tellsSize, BIN, ...replay], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    const { rx } = JSON.parse(stdout) as { rx: { frames: number; delivered: number } };
    expect(rx.delivered).toBe(packets);
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(stderr) ?? [];
    expect(Number(kilobytes) / 1024).toBeLessThan(RESIDENT_MB);
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^(\d+ %|VmHWM:.*)$/);
    const percentages = [...stderr.matchAll(/^(\d+) %$/gm)].map(([, percent]) => Number(percent));
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
    rmSync(path);
  });
});

test('on a terminal a bar shows how far a replay is, and goes away', async () => {
  const { path } = longCapture('pcapng', 100);
  const words = [BIN, 'replay', path, '--address', '10.0.0.1/24', '--service', 'echo'];
  const child = spawn('python3', [ON_TERMINAL, process.execPath, ...words], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(shown).toMatch(/[\u2588\u2591]{10,} +\d+ %/);
  expect(shown.trimEnd().split('\n').at(-1)).toMatch(/arpAnswered +1/);
});

test('elsewhere percentages tell it, every two seconds', async () => {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  writer.addInterface({});
  for (let i = 0; i < 50; i++) writer.writePacket(0, 1.7e15 + i * 100_000, new Uint8Array(60), 0, 60);
  writer.close();
  const path = join(folder, 'slow.pcapng');
  writeFileSync(path, sink.bytes);
  const { code, stderr } = await runLunetta('replay', path, '--address', '10.0.0.1/24', '--clock', 'recorded');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^\d\d %\n\d\d %\n/);
});
