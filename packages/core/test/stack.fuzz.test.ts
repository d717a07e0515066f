import { afterEach, describe, expect, test } from '@jest/globals';
import { arp, ethernet, icmpv4, ipv4, ipv4Address, ipv4Options, macAddress, udp } from '@lunetta/core';
import { expectConserved, parseFrame, StackLab } from '@lunetta/testkit';
import fc from 'fast-check';
import { FrameFuzzer, openSockets } from './support/frame-fuzzer.js';

/** Cases for each property; a failing one is printed with its seed: give that in LUNETTA_SEED to see it again. */
const RUNS = Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 1000);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);
const OPTIONS = { numRuns: RUNS, seed: SEED };

const BYTE = fc.integer({ min: 0, max: 0xff });
const WORD16 = fc.integer({ min: 0, max: 0xffff });
const INT32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** `expect` costs too much for millions of comparisons. */
function same(actual: readonly unknown[], expected: readonly unknown[]): void {
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i]))
      throw new Error(`${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

describe(`parse(write(x)) = x (LUNETTA_SEED=${SEED})`, () => {
  const view = new DataView(new ArrayBuffer(128));
  const AT = fc.nat(60);

  test('Ethernet', () => {
    fc.assert(
      fc.property(AT, WORD16, INT32, WORD16, INT32, WORD16, (at, ...fields) => {
        ethernet.write(view, at, ...fields);
        const { destinationHi, destinationLo, sourceHi, sourceLo, ethertype } = ethernet;
        same(
          [destinationHi, destinationLo, sourceHi, sourceLo, ethertype].map((read) => read(view, at)),
          fields,
        );
      }),
      OPTIONS,
    );
  });

  test('ARP', () => {
    fc.assert(
      fc.property(AT, WORD16, WORD16, INT32, INT32, WORD16, INT32, INT32, (at, ...fields) => {
        arp.write(view, at, ...fields);
        const { operation, senderHardwareHi, senderHardwareLo, senderAddress } = arp;
        const { targetHardwareHi, targetHardwareLo, targetAddress } = arp;
        const readers = [operation, senderHardwareHi, senderHardwareLo, senderAddress];
        readers.push(targetHardwareHi, targetHardwareLo, targetAddress);
        same([arp.isEthernetIpv4(view, at), ...readers.map((read) => read(view, at))], [true, ...fields]);
      }),
      OPTIONS,
    );
  });

  test('IPv4', () => {
    fc.assert(
      fc.property(AT, BYTE, WORD16, WORD16, WORD16, BYTE, BYTE, INT32, INT32, (at, ...fields) => {
        ipv4.write(view, at, ...fields);
        const { tos, totalLength, identification, fragmentWord, ttl, protocol, source, destination } = ipv4;
        const readers = [tos, totalLength, identification, fragmentWord, ttl, protocol, source, destination];
        const header = [ipv4.version(view, at), ipv4.headerLength(view, at), ipv4.isChecksumGood(view, at, 20)];
        same([...header, ...readers.map((read) => read(view, at))], [4, 20, true, ...fields]);
      }),
      OPTIONS,
    );
  });

  test('ICMP', () => {
    fc.assert(
      fc.property(AT, BYTE, BYTE, WORD16, INT32, (at, type, code, sum, rest) => {
        icmpv4.write(view, at, type, code, sum, rest);
        same([icmpv4.type(view, at), icmpv4.code(view, at), icmpv4.checksumField(view, at)], [type, code, sum]);
        same([(icmpv4.identifier(view, at) << 16) | icmpv4.sequence(view, at)], [rest]);
      }),
      OPTIONS,
    );
  });

  test('UDP', () => {
    fc.assert(
      fc.property(AT, WORD16, WORD16, WORD16, WORD16, (at, ...fields) => {
        udp.write(view, at, ...fields);
        same([udp.srcPort(view, at), udp.dstPort(view, at), udp.length(view, at), udp.checksumField(view, at)], fields);
      }),
      OPTIONS,
    );
  });

  test('addresses as text', () => {
    fc.assert(
      fc.property(INT32, WORD16, (address, hi) => {
        same([ipv4Address.parse(ipv4Address.format(address))], [address]);
        const mac = macAddress.parse(macAddress.format(macAddress.toBytes(hi, address)))!;
        same([macAddress.hiOf(mac), macAddress.loOf(mac)], [hi, address]);
      }),
      OPTIONS,
    );
  });

  test('text that is no address is none, and what is one reads as written', () => {
    const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', ' 1', '1e2', '0x1', '-1', '+1'));
    const text = fc.oneof(
      fc.array(octet, { maxLength: 6 }).map((octets) => octets.join('.')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (each) => {
        const address = ipv4Address.parse(each);
        if (address !== undefined) same([ipv4Address.format(address)], [each]);
      }),
      OPTIONS,
    );
  });

  test('options of any bytes are judged within their bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (options) => {
        // A view that ends where the options do: reading past them would throw.
        const exact = new DataView(Uint8Array.from(options).buffer);
        same([typeof ipv4Options.areAcceptable(exact, 0, options.length)], ['boolean']);
      }),
      OPTIONS,
    );
  });
});

describe(`whatever comes from the wire (LUNETTA_SEED=${SEED})`, () => {
  let lab: StackLab;
  afterEach(() => lab.close());

  function start(options: ConstructorParameters<typeof StackLab>[0] = {}): void {
    lab = new StackLab({ seed: SEED, cable: { poison: true, buffers: 1100 }, ...options });
    openSockets(lab);
  }

  /** Brings the frame in; what the stack answers must be well formed, and now and then the accounts are looked at. */
  function bring(frame: Uint8Array, run: number): void {
    lab.exchange(frame).forEach(parseFrame);
    if (run % 7 === 0) lab.advance(run * 1000);
    if (run % 50 === 0) expectConserved(lab.stack);
  }

  test.each([
    ['random bytes', 0],
    ['random bytes behind an Ethernet header of IPv4', 0x0800],
    ['random bytes behind an Ethernet header of ARP', 0x0806],
  ])('%s: dropped, and nothing else', (_, type) => {
    start();
    const header = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type >> 8, type & 255];
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 200 }), fc.nat(1000), (bytes, run) => {
        if (type !== 0) bytes.set(header);
        bring(bytes, run);
      }),
      OPTIONS,
    );
    const { rx } = lab.stack.counters().interfaces[0];
    expect(rx.frames).toBeGreaterThanOrEqual(RUNS);
    expect(rx.delivered).toBe(0);
  });

  test.each<[string, ConstructorParameters<typeof StackLab>[0]]>([
    ['one segment', {}],
    ['several segments', { cable: { segmentSize: 256, buffers: 1100 } }],
    ['a cable that pads', { cable: { padTo60: true, buffers: 1100 } }],
  ])('valid frames with some bytes changed, in %s: nothing throws, hangs or is lost', (_, options) => {
    start(options);
    fc.assert(
      fc.property(fc.integer(), fc.nat(1000), (seed, run) => {
        const fuzzer = new FrameFuzzer(lab, seed);
        for (let i = 0; i < 3; i++) bring(fuzzer.frame(), run + i);
      }),
      OPTIONS,
    );
    const { rx, held, tx } = lab.stack.counters().interfaces[0];
    expect(rx.delivered).toBeGreaterThan(RUNS / 20);
    expect(rx.consumed).toBeGreaterThan(RUNS / 50);
    expect(Object.keys(rx.dropped).length).toBeGreaterThan(10);
    expect(held).toBe(tx.pending);
  });
});
