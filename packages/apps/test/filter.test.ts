import { spawnSync } from 'node:child_process';
import { describe, expect, jest, test } from '@jest/globals';
import { ethernet, type Ipv4Values, PacketBuilder } from '@lunetta/testkit';
import fc from 'fast-check';
import { parseFilter } from '../src/capture/frame-filter.js';
import { captureOf } from './support/capture-files.js';
import { packetsOf } from './support/read-capture.js';

jest.setTimeout(120_000); // a process for each filter

const RUNS = Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 150);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);

const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;
if (!hasTcpdump)
  process.stderr.write('left out, no tcpdump (apt-get install tcpdump): filters as tcpdump reads them\n');
const dumpTest = hasTcpdump || process.env['CI'] === 'true' ? test : test.skip;
const dumpEach = hasTcpdump || process.env['CI'] === 'true' ? test.each : test.skip.each;

const MAC = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b' };
const [A, B, C] = ['10.0.0.1', '10.0.0.2', '192.168.7.9'];
const ONWARD = { src: MAC.a, dst: MAC.b };
const [TCP, UDP, SCTP, IGMP, ICMPV6, FRAGMENT] = [6, 17, 132, 2, 58, 44];

/** The first bytes of a segment or datagram of any protocol with ports, filled up. */
const ports = (src: number, dst: number): Uint8Array => Uint8Array.of(0, src, 0, dst, ...new Uint8Array(40));
const datagram = (src: string, dst: string, fields: Partial<Ipv4Values>, payload: Uint8Array): PacketBuilder =>
  ethernet(ONWARD)
    .ipv4({ src, dst, ...fields })
    .payload(payload);
const udp = (src: string, dst: string, srcPort: number, dstPort: number, fields: Partial<Ipv4Values> = {}) =>
  ethernet(ONWARD)
    .ipv4({ src, dst, ...fields })
    .udp({ srcPort, dstPort })
    .payload(new Uint8Array(30));
const ipv6 = (next: number, payload: Uint8Array): PacketBuilder => {
  const header = [0x60, 0, 0, 0, 0, payload.length, next, 64, ...new Uint8Array(32).fill(0xfe)];
  return ethernet({ ...ONWARD, type: 0x86dd }).payload(Uint8Array.of(...header, ...payload));
};
const arp = (type: number): PacketBuilder =>
  ethernet({ src: MAC.a, dst: 'ff:ff:ff:ff:ff:ff', type, padding: new Uint8Array(18) }).arp({
    senderIp: A,
    targetIp: B,
  });
/** A packet with a tag behind its addresses. */
const tagged = ({ layers: [header, ...inner] }: PacketBuilder, id: number, type = 0x8100): PacketBuilder => {
  const inside = header.fields['type'] === undefined ? {} : { type: header.fields['type'] };
  const tag = { name: 'vlan', fields: { id, priority: 7, ...inside } } as const;
  return new PacketBuilder([{ ...header, fields: { ...header.fields, type } }, tag, ...inner]);
};

const FRAMES = [
  udp(A, B, 7, 9),
  udp(B, A, 9, 7),
  udp(C, A, 53, 80),
  udp(A, C, 7, 7, { fragmentOffset: 128 }), // a later fragment: no ports
  udp(A, C, 7, 9, { moreFragments: true }), // the first one
  udp(A, B, 7, 80, { options: new Uint8Array(8).fill(1) }),
  datagram(B, C, { protocol: TCP }, ports(80, 7)),
  datagram(C, B, { protocol: SCTP }, ports(7, 80)),
  datagram(A, '224.0.0.22', { protocol: IGMP }, new Uint8Array(40)),
  ethernet(ONWARD).ipv4({ src: B, dst: A }).icmp({ rest: 1 }).payload(new Uint8Array(99)),
  arp(0x0806),
  arp(0x8035),
  ethernet({ ...ONWARD, type: 0x88b5 }).payload(new Uint8Array(50)),
  ethernet({ src: MAC.b, dst: MAC.a, type: 0x88b5 }).payload(new Uint8Array(900)),
  ipv6(UDP, ports(7, 53)),
  ipv6(TCP, ports(80, 9)),
  ipv6(ICMPV6, ports(8, 0)),
  ipv6(FRAGMENT, Uint8Array.of(UDP, 0, 0, 0, 0, 0, 0, 1, ...ports(7, 9))),
  tagged(udp(A, B, 7, 9), 12),
  tagged(udp(A, C, 9, 80), 13, 0x88a8),
  tagged(tagged(datagram(B, C, { protocol: TCP }, ports(80, 7)), 12), 100),
  tagged(arp(0x0806), 12),
  tagged(ipv6(UDP, ports(53, 7)), 12),
].map((packet) => packet.bytes());

/** Numbers of the frames that pass our filter. */
function ours(filter: string): number[] {
  const predicate = parseFilter(filter);
  return FRAMES.flatMap((frame, i) => (predicate(frame) ? [i] : []));
}

const CAPTURE = captureOf(FRAMES, 'pcap');

/** Numbers of the frames that pass tcpdump's; it refuses a filter that nothing can pass, such as `arp and ip`. */
function theirs(filter: string): number[] {
  const { status, stdout, stderr } = spawnSync('tcpdump', ['-r', '-', '-w', '-', filter], { input: CAPTURE });
  if (stderr.includes('expression rejects all packets')) return [];
  if (status !== 0) throw new Error(`tcpdump: ${filter}: ${stderr.toString()}`);
  const passed = packetsOf(stdout).packets.map((packet) => Buffer.from(packet).toString('hex'));
  return FRAMES.flatMap((frame, i) => (passed.includes(Buffer.from(frame).toString('hex')) ? [i] : []));
}

describe('a filter', () => {
  dumpEach([
    ...['udp', 'icmp', 'icmp6', 'igmp', 'tcp', 'sctp', 'arp', 'ip', 'ip6', 'proto 6', 'proto 17', 'proto 44'],
    ...[`host ${A}`, `src host ${B}`, `dst host ${B}`, 'net 192.168.0.0/16', 'dst net 10.0.0.2/31 and udp'],
    ...['net 0.0.0.0/0', 'port 7', 'udp port 7', 'udp dst port 7', 'tcp src port 80', 'sctp port 7', 'dst port 53'],
    ...[`ether host ${MAC.b}`, `ether src ${MAC.b}`, `ether dst ${MAC.b}`, 'ether proto 0x88b5', 'ether proto 0x8035'],
    ...['vlan', 'vlan 12', 'vlan 13', 'vlan 14', 'vlan and udp', 'vlan 100 and vlan 12 and port 7', 'vlan and arp'],
    ...['greater 100', 'less 60', 'not udp', `udp port 7 and not (src host ${A} or vlan)`, '!icmp'],
    ...['arp or icmp && greater 100', 'greater 100 and arp or icmp', 'udp and port 7 || tcp', 'not arp and not ip'],
    ...['vlan or udp', 'udp or vlan', 'not vlan and udp', 'ether proto 0x86dd and vlan and ip6'],
  ])('means what tcpdump makes of it: %s', (filter) => {
    expect(ours(filter)).toEqual(theirs(filter));
  });

  dumpTest(`of any words means what tcpdump makes of it (LUNETTA_SEED=${SEED})`, () => {
    const direction = fc.constantFrom('', 'src ', 'dst ');
    const primitive = fc.oneof(
      fc.constantFrom('ip', 'ip6', 'arp', 'icmp', 'icmp6', 'igmp', 'tcp', 'udp', 'sctp', 'vlan', 'vlan 12', 'vlan 100'),
      fc.tuple(direction, fc.constantFrom(A, B, C)).map(([way, address]) => `${way}host ${address}`),
      fc
        .tuple(direction, fc.constantFrom('10.0.0.0/8', '10.0.0.2/31', '192.168.7.0/24'))
        .map(([way, net]) => `${way}net ${net}`),
      fc
        .tuple(fc.constantFrom('', 'udp ', 'tcp ', 'sctp '), direction, fc.constantFrom(7, 9, 53, 80))
        .map(([protocol, way, port]) => `${protocol}${way}port ${port}`),
      fc.constantFrom(MAC.a, MAC.b).map((address) => `ether host ${address}`),
      fc.constantFrom('0x0800', '0x0806', '0x8100', '0x88b5').map((type) => `ether proto ${type}`),
      fc.constantFrom(1, 2, 6, 17, 44, 58, 132).map((protocol) => `proto ${protocol}`),
      fc.tuple(fc.constantFrom('less', 'greater'), fc.integer({ min: 50, max: 150 })).map((words) => words.join(' ')),
    );
    const { filter } = fc.letrec<{ filter: string; operand: string }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        tie('operand'),
        fc
          .tuple(tie('filter'), fc.constantFrom('and', 'or', '&&', '||'), tie('operand'))
          .map((words) => words.join(' ')),
      ),
      operand: fc.oneof(
        { maxDepth: 3 },
        primitive,
        tie('operand').map((inner) => `not ${inner}`),
        tie('filter').map((inner) => `(${inner})`),
      ),
    }));
    fc.assert(
      fc.property(filter, (text) => {
        expect([text, ours(text)]).toEqual([text, theirs(text)]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

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
