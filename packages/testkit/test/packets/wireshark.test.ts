import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MemorySink, PcapngWriter } from '@lunetta/driver-pcap';
import { ethernet, type PacketBuilder } from '@lunetta/testkit';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) process.stderr.write('left out, no tshark (apt-get install tshark): packets as tshark sees them\n');

const folder = mkdtempSync(join(tmpdir(), 'lunetta-packets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Asks tshark for fields of packets, and what it finds wrong with them; checksums are verified. */
function read(packets: readonly PacketBuilder[], ...fields: string[]): string[] {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  const iface = writer.addInterface({ name: 'kit' });
  for (const [index, packet] of packets.entries()) {
    const bytes = packet.bytes();
    writer.writePacket(iface, index, bytes, 0, bytes.length, {});
  }
  writer.flush();
  const file = join(folder, 'packets.pcapng');
  writeFileSync(file, sink.bytes);
  const checks = ['ip', 'udp', 'tcp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
  const columns = [...fields, '_ws.expert.message'].flatMap((field) => ['-e', field]);
  const words = ['-r', file, ...checks, '-T', 'fields', '-E', 'separator=|', ...columns];
  const stdout = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return stdout.trimEnd().split('\n');
}

(hasTshark ? describe : describe.skip)('tshark reads a packet that was built as it was meant', () => {
  test('UDP in VLANs', () => {
    const packet = ethernet({ type: 0x88a8 }).vlan({ id: 5 }).vlan({ id: 99, priority: 3 }).ipv4({ ttl: 9, ecn: 1 });
    const fields = ['ieee8021ad.id', 'vlan.id', 'vlan.priority', 'ip.ttl', 'ip.dsfield.ecn', 'ip.checksum.status'];
    expect(
      read([packet.udp({ dstPort: 9999 }).payload('abc')], ...fields, 'udp.dstport', 'udp.checksum.status'),
    ).toEqual(['5|99|3|9|1|1|9999|1|']);
  });

  test('ARP', () => {
    const reply = ethernet().arp({ operation: 'reply', senderIp: '192.0.2.7', targetMac: '02:00:00:00:00:01' });
    expect(read([reply], 'arp.opcode', 'arp.src.proto_ipv4', 'arp.dst.hw_mac')).toEqual([
      '2|192.0.2.7|02:00:00:00:00:01|',
    ]);
  });

  test('TCP with every option that has a name', () => {
    const options = [
      { mss: 1460 },
      { windowScale: 7 },
      { sackPermitted: true },
      { timestamps: { value: 5, echo: 6 } },
      'nop',
    ] as const;
    const syn = ethernet()
      .ipv4()
      .tcp({ srcPort: 40_000, dstPort: 9999, flags: ['SYN'], seq: 77, options });
    const sack = ethernet()
      .ipv4()
      .tcp({
        dstPort: 9999,
        options: [
          {
            sack: [
              [1000, 2000],
              [3000, 4000],
            ],
          },
        ],
      });
    const fields = [
      'tcp.flags',
      'tcp.seq_raw',
      'tcp.options.mss_val',
      'tcp.options.wscale.shift',
      'tcp.options.timestamp.tsval',
    ];
    expect(read([syn, sack], ...fields, 'tcp.options.sack_le', 'tcp.checksum.status')).toEqual([
      expect.stringMatching(/^0x0002\|77\|1460\|7\|5\|\|1\|/),
      expect.stringMatching(/^0x0010\|0\|\|\|\|\d+,\d+\|1\|/),
    ]);
  });

  test('an ICMP error with what it quotes, and fragments', () => {
    const quoted = ethernet().ipv4().icmp({ type: 'unreachable', code: 'frag_needed', mtu: 1400 }).ipv4().udp();
    const fragment = ethernet().ipv4({ id: 5, moreFragments: true, fragmentOffset: 8 }).payload(new Uint8Array(16));
    const fields = ['icmp.type', 'icmp.code', 'icmp.mtu', 'icmp.checksum.status', 'ip.frag_offset', 'ip.flags.mf'];
    expect(read([quoted, fragment], ...fields)).toEqual([
      expect.stringMatching(/^3\|4\|1400\|1\|0,0\|/),
      expect.stringMatching(/^\|\|\|\|1\|(1|True)\|/),
    ]);
  });

  test('and sees what is wrong on purpose', () => {
    expect(read([ethernet().ipv4().udp({ dstPort: 9999, checksum: 1 })], 'udp.checksum.status')[0]).toMatch(/^0\|/);
  });
});
