import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { CaptureReader, FileBytes, Reading } from '@lunetta/driver-pcap';
import { ethernet } from '@lunetta/testkit';
import { describeTap } from '@lunetta/testkit/jest';
import { captureOf } from './support/capture-files.js';
import { runLunetta } from './support/lunetta-process.js';
import { NamespaceFixture } from './support/namespace-fixture.js';

const STACK = '10.99.0.2';
const folder = mkdtempSync(join(tmpdir(), 'lunetta-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) process.stderr.write('left out, no tshark (apt-get install tshark): captures as tshark sees them\n');
const sharkTest = hasTshark || process.env['CI'] === 'true' ? test : test.skip;

/** Columns of a capture's packets, as tshark reads them. */
function shark(file: string, filter: string, ...fields: string[]): string[] {
  const words = ['-n', '-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  return execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '');
}

describeTap('lunetta capture', () => {
  const fixture = new NamespaceFixture();

  sharkTest('writes what passes, and what became of it as comments', async () => {
    const file = join(folder, 'all.pcapng');
    const capture = fixture.lunetta(['capture', '--out', file, '--service', 'echo']);
    await capture.note(/capturing tap:lun0 \(10\.99\.0\.2\)/);
    fixture.netns.exec('ping', '-c', '2', '-i', '0.2', '-W', '5', STACK);
    expect(fixture.netns.echo(STACK, 7, 5, 100)).toBe('same\nsame\n');
    expect(fixture.netns.echo(STACK, 8, 100)).toBe('refused\n');
    capture.signal('SIGINT');
    expect(await capture.end()).toMatchObject({ code: 0, signal: null, stdout: '' });

    expect(shark(file, 'icmp.type == 8', 'frame.comment')).toEqual([
      expect.stringMatching(/^consumed by the stack; answered by \d frame/),
      expect.stringMatching(/^consumed by the stack; answered by \d frame/),
    ]);
    expect(shark(file, 'udp.dstport == 7', 'frame.comment')).toEqual([
      expect.stringMatching(/^delivered; answered by/),
      expect.stringMatching(/^delivered; answered by/),
    ]);
    expect(shark(file, 'udp.dstport == 8 and not icmp', 'frame.comment')).toEqual([
      expect.stringMatching(/^dropped: udp\.noPort; answered by 1 frame/),
    ]);
    expect(shark(file, 'icmp.type == 0', 'frame.packet_flags_direction').map(Number)).toEqual([2, 2]);
    expect(shark(file, '_ws.malformed', 'frame.number')).toEqual([]);
    const times = shark(file, 'frame', 'frame.time_epoch').map(Number);
    expect(Math.abs(times[0] - Date.now() / 1000)).toBeLessThan(60);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  sharkTest('--filter and --count: what is asked for, and then it ends', async () => {
    const file = join(folder, 'some.pcapng');
    const filter = 'icmp and src host 10.99.0.1';
    const capture = fixture.lunetta([
      'capture',
      '--out',
      file,
      '--filter',
      filter,
      '--count',
      '2',
      '--snaplen',
      '64',
      '--no-explain',
    ]);
    await capture.note(/capturing/);
    fixture.netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', STACK);
    expect(await capture.end()).toMatchObject({ code: 0 });
    expect(shark(file, 'frame', 'icmp.type', 'frame.cap_len', 'frame.len')).toEqual(['8\t64\t98', '8\t64\t98']);
    expect(shark(file, 'frame.comment', 'frame.number')).toEqual([]);
  });

  test('into a pipe: what has passed is there at once', async () => {
    const capture = fixture.lunetta(['capture', '--out', '-', '--filter', 'icmp']);
    await capture.note(/capturing/);
    fixture.netns.exec('ping', '-c', '1', '-W', '5', STACK);
    await capture.output(/answered by/);
    capture.signal('SIGTERM');
    expect(await capture.end()).toMatchObject({ code: 0 });
  });

  test('a filter that cannot be read is shown with a mark', async () => {
    const capture = fixture.lunetta(['capture', '--out', '-', '--filter', 'udp prot 7']);
    expect(await capture.end()).toMatchObject({
      code: 2,
      stderr: 'lunetta: --filter: this belongs to nothing; and, or?\n  udp prot 7\n      ^\n',
    });
  });
});

test('of a replayed capture: what became of each packet, at the times of the capture', async () => {
  const ends = { src: '10.99.0.9', dst: STACK };
  const request = (dstPort: number): Uint8Array =>
    ethernet({ dst: '02:6c:75:6e:00:01', src: '02:00:00:00:00:09' })
      .ipv4(ends)
      .udp({ srcPort: 9, dstPort })
      .payload(new Uint8Array(20))
      .bytes();
  const [input, output] = [join(folder, 'in.pcapng'), join(folder, 'explained.pcapng')];
  writeFileSync(input, captureOf([request(7), request(8)]));
  const replayed = ['--driver', 'pcap', '--device', input, '--address', `${STACK}/24`, '--service', 'echo'];
  const { code, stderr } = await runLunetta(
    'capture',
    ...replayed,
    '--out',
    output,
    '--filter',
    'udp and dst port 7 or dst port 8',
  );
  expect(code).toBe(1);
  expect(stderr).toContain(`the capture ${input} has ended`);
  const reader = new CaptureReader(new FileBytes(output));
  const read: (string | number | undefined)[][] = [];
  while (reader.next() === Reading.PACKET) {
    if (reader.record.direction === 'in') read.push([reader.record.timeUs, reader.record.comment]);
  }
  reader.close();
  expect(read).toEqual([
    [1.7e15, expect.stringMatching(/^delivered; answered by/)],
    [1.7e15 + 1000, 'dropped: udp.noPort; answered by 1 frame'],
  ]);
});
