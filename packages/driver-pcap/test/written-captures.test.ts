import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { MemorySink, PcapngWriter, PcapWriter, type CaptureWriter } from '@lunetta/driver-pcap';
import { ethernet } from '@lunetta/testkit';
import { PcapngBytes } from './support/pcapng-bytes.js';
import { readAll, readStream } from './support/read-all.js';
import { CaptureFolder } from './support/replayed-files.js';

jest.setTimeout(60_000); // tshark takes its time to start

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) process.stderr.write('left out, no tshark (apt-get install tshark): captures as Wireshark sees them\n');
const sharkTest = hasTshark || process.env['CI'] === 'true' ? test : test.skip;
const sharkEach = hasTshark || process.env['CI'] === 'true' ? test.each : test.skip.each;

const folder = new CaptureFolder();
afterAll(() => folder.remove());

const ENDS = { src: '10.0.0.1', dst: '10.0.0.9' };
const frame = (payload: number): Uint8Array =>
  ethernet({ dst: '02:00:00:00:00:09', src: '02:6c:75:6e:00:01' })
    .ipv4(ENDS)
    .udp({ srcPort: 7, dstPort: 9 })
    .payload(new Uint8Array(payload))
    .bytes();
const FRAMES = [frame(18), frame(19), frame(1000), frame(300)];
const BEGIN_US = 1.7e15 + 123_456;

/** A tool's output; what it complains of is an error. */
function run(command: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  const complaints = stderr.split('\n').filter((line) => line !== '' && !/^Running as user "root"/.test(line));
  if (status !== 0 || complaints.length > 0) throw new Error(`${command} ${words.join(' ')}: ${status}: ${stderr}`);
  return stdout;
}

function shark(file: string, ...fields: string[]): string[] {
  const words = ['-n', '-r', file, '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field])];
  return run('tshark', ...words)
    .trimEnd()
    .split('\n');
}

function written(fill: (writer: CaptureWriter) => void, format: 'pcapng' | 'pcap' = 'pcapng'): Uint8Array {
  const sink = new MemorySink();
  const writer = format === 'pcapng' ? new PcapngWriter(sink) : new PcapWriter(sink);
  fill(writer);
  writer.close();
  return sink.bytes;
}

/** Four frames, a second and a microsecond apart. */
function fourFrames(resolution: 'us' | 'ns', snapLength?: number): (writer: CaptureWriter) => void {
  return (writer) => {
    const iface = writer.addInterface({ resolution, snapLength });
    FRAMES.forEach((bytes, i) => writer.writePacket(iface, BEGIN_US + i * 1_000_001, bytes, 0, bytes.length));
  };
}

const FORMATS: readonly [string, 'pcapng' | 'pcap', 'us' | 'ns', string][] = [
  ['pcapng, microseconds', 'pcapng', 'us', 'pcapng'],
  ['pcapng, nanoseconds', 'pcapng', 'ns', 'pcapng'],
  ['classic, microseconds', 'pcap', 'us', 'pcap'],
  ['classic, nanoseconds', 'pcap', 'ns', 'nsecpcap'],
];

describe('what we write', () => {
  sharkEach(FORMATS)('is read by Wireshark without a complaint: %s', (_, format, resolution, type) => {
    const file = folder.write('ours', written(fourFrames(resolution, 500), format));
    const [about, values] = run('capinfos', '-T', '-t', '-E', '-c', '-s', '-d', file).trimEnd().split('\n');
    expect(about).toContain('File type');
    expect(values.split('\t').slice(1)).toEqual([
      type,
      'ether',
      ...['4', String(readFileSync(file).length), String(FRAMES.reduce((sum, { length }) => sum + length, 0))],
    ]);
    expect(shark(file, 'frame.time_epoch', 'frame.len', 'frame.cap_len')).toEqual(
      FRAMES.map(({ length }, i) => {
        const time = `${1_700_000_000 + i}.${String(123_456 + i)}000`;
        return [time, length, Math.min(500, length)].join('|');
      }),
    );
  });

  sharkTest('pcapng with interfaces, directions, comments and options', () => {
    const bytes = written((writer) => {
      const [lan, wan] = [
        writer.addInterface({ name: 'lan', description: 'tap:lun0' }),
        writer.addInterface({ name: 'w\u00e4n', resolution: 'ns', snapLength: 64 }),
      ];
      writer.writePacket(lan, BEGIN_US, FRAMES[0], 0, FRAMES[0].length, {
        direction: 'in',
        comment: 'dropped: udp.noPort',
      });
      writer.writePacket(wan, BEGIN_US, FRAMES[1], 0, FRAMES[1].length, {
        direction: 'out',
        options: [{ code: 1, value: new TextEncoder().encode('another \u2713') }],
        originalLength: 1514,
      });
      writer.writePacket(lan, BEGIN_US + 1, FRAMES[2], 0, FRAMES[2].length, {});
    });
    const file = folder.write('rich.pcapng', bytes);
    expect(shark(file, 'frame.interface_name', 'frame.interface_description', 'frame.packet_flags_direction')).toEqual([
      'lan|tap:lun0|0x00000001',
      'w\u00e4n||0x00000002',
      'lan|tap:lun0|',
    ]);
    expect(shark(file, 'frame.comment', 'frame.len', 'frame.cap_len', 'frame.time_epoch')).toEqual([
      `dropped: udp.noPort|60|60|1700000000.123456000`,
      'another \u2713|1514|61|1700000000.123456000',
      '|1042|1042|1700000000.123457000',
    ]);
  });

  sharkEach(FORMATS)('comes back out of editcap as it went in: %s', (_, format, resolution) => {
    const file = folder.write('ours', written(fourFrames(resolution), format));
    const expected = FRAMES.map((bytes, i) => ({ timeUs: BEGIN_US + i * 1_000_001, bytes: [...bytes] }));
    for (const theirs of ['pcapng', 'pcap', 'nsecpcap']) {
      run('editcap', '-F', theirs, file, folder.file('theirs'));
      expect(readAll(folder.read('theirs'))).toMatchObject({ packets: expected, failure: undefined });
    }
  });

  sharkTest('mergecap joins captures of ours into several interfaces, which we read', () => {
    for (const name of ['a', 'b']) folder.write(name, written(fourFrames('us')));
    run('mergecap', '-w', folder.file('merged'), folder.file('a'), folder.file('b'));
    const { packets, failure } = readAll(folder.read('merged'));
    expect(failure).toBeUndefined();
    expect(packets.map(({ timeUs }) => timeUs)).toEqual(
      FRAMES.flatMap((__, i) => [BEGIN_US + i * 1_000_001, BEGIN_US + i * 1_000_001]),
    );
  });

  test('pcap-parser reads the classic format as we do', async () => {
    const bytes = written(fourFrames('us'), 'pcap');
    const theirs = await readStream(bytes);
    expect(theirs).toEqual(readAll(bytes));
    expect(theirs.packets.map((packet) => packet.bytes)).toEqual(FRAMES.map((each) => [...each]));
  });

  test('a packet that was read is written again with all its options', () => {
    const theirs = new PcapngBytes(false).section().iface();
    theirs.packet({
      bytes: [1, 2, 3],
      time: 5n,
      options: [
        [1, 'first'],
        [2, theirs.u32(0x01000001)],
        [4, theirs.u64(3n)],
        [1, 'second'],
        [0x8ace, [1]],
      ],
    });
    const [packet] = readAll(theirs.bytes).packets;
    const again = written((writer) => {
      writer.addInterface({});
      writer.writePacket(0, packet.timeUs, Uint8Array.from(packet.bytes), 0, 3, { options: packet.options });
    });
    expect(readAll(again).packets).toEqual([{ ...packet, offset: expect.any(Number) }]);
  });

  test('misuse is told: an interface that is not there, a second one in the classic format', () => {
    const sink = new MemorySink();
    const classic = new PcapWriter(sink);
    const write = (writer: CaptureWriter, iface: number) => () => writer.writePacket(iface, 0, FRAMES[0], 0, 60);
    expect(write(classic, 0)).toThrow('a capture has no interface 0; addInterface() gives the number');
    classic.addInterface({});
    expect(() => classic.addInterface({})).toThrow('a classic pcap file has one interface; write pcapng for several');
    expect(write(new PcapngWriter(sink), 0)).toThrow('a capture has no interface 0; addInterface() gives the number');
  });

  test('a comment longer than an option holds is cut at the end of a character', () => {
    const bytes = written((writer) => {
      writer.addInterface({});
      writer.writePacket(0, 0, FRAMES[0], 0, 60, { comment: 'x' + '\u00fc'.repeat(40_000) });
    });
    expect(readAll(bytes).packets[0].comment).toBe('x' + '\u00fc'.repeat(32_767));
  });
});

sharkTest('we read what Wireshark makes of text, in every format that it shares with us', () => {
  folder.write('hex', new TextEncoder().encode('0000  01 02 03 04 05 06 07 08 09 0a 0b 0c 08 00 45 00\n'));
  for (const format of ['pcapng', 'pcap', 'nsecpcap']) {
    execFileSync('text2pcap', ['-q', '-F', format, folder.file('hex'), folder.file('theirs')], { stdio: 'ignore' });
    const { packets, failure } = readAll(folder.read('theirs'));
    expect({ failure, bytes: packets.map(({ bytes }) => bytes) }).toEqual({
      failure: undefined,
      bytes: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 0]],
    });
  }
});
