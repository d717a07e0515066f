import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { arp, ethernet, icmpv4, ipv4, ipv4Address, ipv4Options, macAddress, udp } from '@lunetta/core';
import type { InterfaceCounters, SeededRandom } from '@lunetta/core';
import { fuzzFrames, StackLab, type FuzzStep } from '@lunetta/testkit';
import fc from 'fast-check';
import { FrameFuzzer } from './support/frame-fuzzer.js';
import { RouterFuzzer } from './support/router-fuzzer.js';
import * as properties from './support/stack-survives.js';

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
        const problemAt = ipv4Options.problemAt(exact, 0, options.length);
        same([problemAt < options.length], [true]);
        if (problemAt !== ipv4Options.NO_PROBLEM) return;
        const copied = ipv4Options.copiedLength(exact, 0, options.length);
        ipv4Options.writeCopied(exact, 0, options.length, new DataView(new ArrayBuffer(copied)), 0);
      }),
      OPTIONS,
    );
  });
});

type Property = Exclude<keyof typeof properties, 'callStep'>;
/** What is found takes some time to shrink. */
const PATIENCE_MS = Math.max(60_000, RUNS * 10);

describe(`whatever comes from the wire (LUNETTA_SEED=${SEED})`, () => {
  const found = { folder: fileURLToPath(new URL('./found/', import.meta.url)), module: '../support/stack-survives.js' };
  /** Frames of a run at most; all runs together have about RUNS. */
  const MOST = 40;

  /** Fuzzes a property, and adds up what its stacks have counted; a failing run is written to `test/found`. */
  async function fuzz(name: Property, step: (random: SeededRandom) => FuzzStep): Promise<InterfaceCounters['rx']> {
    const sum = { frames: 0, bytes: 0, delivered: 0, consumed: 0, forwarded: 0, dropped: {} as Record<string, number> };
    await fuzzFrames({
      seed: SEED,
      runs: Math.ceil((2 * RUNS) / MOST),
      maxSteps: MOST,
      step,
      property: async (steps) => {
        const { rx } = await properties[name](steps);
        for (const key of ['frames', 'delivered', 'consumed', 'forwarded'] as const) sum[key] += rx[key];
        for (const [reason, count] of Object.entries(rx.dropped))
          sum.dropped[reason] = (sum.dropped[reason] ?? 0) + count;
      },
      found: { ...found, property: name },
    });
    return sum;
  }

  test.each([
    ['random bytes', 0],
    ['random bytes behind an Ethernet header of IPv4', 0x0800],
    ['random bytes behind an Ethernet header of ARP', 0x0806],
  ])(
    '%s: dropped, and nothing else',
    async (_, type) => {
      const header = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type >> 8, type & 255];
      const { frames } = await fuzz('stackIgnores', (random) => {
        const frame = Uint8Array.from({ length: 14 + random.below(187) }, () => random.below(256));
        if (type !== 0) frame.set(header);
        return { afterUs: random.chance(0.1) ? random.below(1_000_000) : 0, frame };
      });
      expect(frames).toBeGreaterThan(RUNS / 2);
    },
    PATIENCE_MS,
  );

  test.each<[string, Property]>([
    ['one segment', 'stackSurvives'],
    ['several segments', 'stackSurvivesChains'],
    ['a cable that pads', 'stackSurvivesPadding'],
  ])(
    'valid frames with some bytes changed, in %s: nothing throws, hangs or is lost',
    async (_, property) => {
      const lab = new StackLab();
      const { delivered, consumed, dropped } = await fuzz(property, (random) => {
        if (random.chance(0.1)) return properties.callStep(random);
        return {
          afterUs: random.chance(0.1) ? random.below(3_000_000) : 0,
          frame: new FrameFuzzer(random.int32()).frame(),
        };
      });
      expect(delivered).toBeGreaterThan(RUNS / 40);
      expect(consumed).toBeGreaterThan(RUNS / 60);
      expect(Object.keys(dropped).length).toBeGreaterThan(10);
      await lab.close();
    },
    PATIENCE_MS,
  );

  test(
    'frames that a router has to do with: nothing throws, hangs or is lost',
    async () => {
      const { delivered, consumed, forwarded, dropped } = await fuzz('routerSurvives', (random) => ({
        afterUs: random.chance(0.1) ? random.below(3_000_000) : 0,
        frame: new RouterFuzzer(random.int32()).frame(),
      }));
      expect(delivered).toBeGreaterThan(RUNS / 100);
      expect(consumed).toBeGreaterThan(RUNS / 100);
      expect(forwarded).toBeGreaterThan(RUNS / 20);
      expect(Object.keys(dropped).length).toBeGreaterThan(15);
    },
    PATIENCE_MS,
  );
});
