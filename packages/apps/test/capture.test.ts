import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { arpPacket, ethernetFrame, icmpMessage, ipv4Datagram, udpDatagram } from '@lunetta/testkit';
import { describeTap } from '@lunetta/testkit/jest';
import { parseFilter } from '../src/capture/frame-filter.js';
import { captureOf } from './support/capture-files.js';
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

describe('a filter', () => {
  const mac = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b' };
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '192.168.7.9'];
  const udp = (src: string, dst: string, srcPort: number, dstPort: number, fragment = 0): Uint8Array =>
    ethernetFrame(
      { src: mac.a, dst: mac.b },
      ipv4Datagram({ src, dst, fragment }, udpDatagram({ srcPort, dstPort }, new Uint8Array(30), { src, dst })),
    );
  const tagged = (frame: Uint8Array, vlan: number): Uint8Array =>
    Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, vlan >> 8, vlan & 255, ...frame.subarray(12)]);
  const tcp = new Uint8Array(20);
  tcp.set([0, 80, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0x50]);
  const FRAMES = [
    udp(a, b, 7, 9),
    udp(b, a, 9, 7),
    udp(c, a, 53, 80),
    udp(a, c, 7, 7, 0x0010), // a later fragment: no ports
    ethernetFrame({ src: mac.b, dst: mac.a }, ipv4Datagram({ src: b, dst: c, protocol: 6 }, tcp)),
    ethernetFrame(
      { src: mac.b, dst: mac.a },
      ipv4Datagram({ src: b, dst: a, protocol: 1 }, icmpMessage(8, 0, 1, new Uint8Array(99))),
    ),
    ethernetFrame(
      { src: mac.a, dst: 'ff:ff:ff:ff:ff:ff', type: 0x0806 },
      arpPacket({ operation: 1, senderMac: mac.a, senderIp: a, targetIp: b }),
    ),
    ethernetFrame({ src: mac.a, dst: mac.b, type: 0x88b5 }, new Uint8Array(50)),
    tagged(udp(a, b, 7, 9), 12),
  ];

  /** Filters with what tshark calls the same. */
  const FILTERS: readonly [string, string][] = [
    ['udp', 'udp or (ip.proto == 17)'],
    ['icmp', 'icmp'],
    ['tcp', 'tcp'],
    ['arp', 'arp'],
    ['ip', 'ip'],
    ['proto 6', 'ip.proto == 6'],
    [`host ${a}`, `ip.addr == ${a} or arp.src.proto_ipv4 == ${a} or arp.dst.proto_ipv4 == ${a}`],
    [`src host ${b}`, `ip.src == ${b}`],
    [`dst host ${b}`, `ip.dst == ${b} or arp.dst.proto_ipv4 == ${b}`],
    ['net 192.168.0.0/16', 'ip.addr == 192.168.0.0/16'],
    ['dst net 10.0.0.2/31 and udp', 'ip.dst == 10.0.0.2/31 and ip.proto == 17'],
    ['port 7', 'udp.port == 7 or tcp.port == 7'],
    ['udp port 7', 'udp.port == 7'],
    ['udp dst port 7', 'udp.dstport == 7'],
    ['tcp src port 80', 'tcp.srcport == 80'],
    [`ether host ${mac.b}`, `eth.addr == ${mac.b}`],
    [`ether src ${mac.b}`, `eth.src == ${mac.b}`],
    ['ether proto 0x88b5', 'eth.type == 0x88b5'],
    ['vlan', 'vlan'],
    ['vlan 12', 'vlan.id == 12'],
    ['vlan 13', 'vlan.id == 13'],
    ['greater 100', 'frame.len >= 100'],
    ['less 60', 'frame.len <= 60'],
    ['not udp', 'not ip.proto == 17'],
    [`udp port 7 and not (src host ${a} or vlan)`, `udp.port == 7 and not (ip.src == ${a} or vlan)`],
    ['arp or icmp && greater 50', 'arp or (icmp and frame.len >= 50)'],
    ['!icmp', 'not icmp'],
  ];

  sharkTest(
    'means what tshark makes of it',
    () => {
      const file = join(folder, 'filters.pcapng');
      writeFileSync(file, captureOf(FRAMES));
      for (const [ours, theirs] of FILTERS) {
        const predicate = parseFilter(ours);
        const passed = FRAMES.flatMap((frame, i) => (predicate(frame) ? [String(i + 1)] : []));
        expect([ours, passed]).toEqual([ours, shark(file, theirs, 'frame.number')]);
      }
    },
    120_000,
  );

  test.each([
    ['', 'something is missing at the end', 0],
    ['udp and', 'something is missing at the end', 7],
    ['host 10.0.0', 'an address is written 10.0.0.1', 5],
    ['net 10.0.0.0', 'a network is written 10.0.0.0/24', 4],
    ['port 70000', 'a port is a whole number up to 65535', 5],
    ['(udp or tcp', "')' is missing", 11],
    ['src udp', "'src' stands before host, net or port", 4],
    ['frob', "'frob' is no word of a filter", 0],
    ['ether host 1:2:3', 'a MAC address is written 02:00:00:00:00:01', 11],
  ])("'%s' cannot be read", (text, message, at) => {
    expect(() => parseFilter(text)).toThrow(`--filter: ${message}\n  ${text}\n  ${' '.repeat(at)}^`);
  });
});
