import { describe, expect, test } from '@jest/globals';
import { igmp } from '@lunetta/core';
import { ethernet, readPacket } from '@lunetta/testkit';
import fc from 'fast-check';

/**
 * Cases for each property, a fifth of what is asked for: `expect` takes its time over reports of many sources. A failing
 * one is printed with its seed: give that in LUNETTA_SEED to see it again.
 */
const RUNS = Math.ceil(Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 5000) / 5);
const SEED = Number(process.env['LUNETTA_SEED'] ?? Date.now() % 2 ** 31);
const OPTIONS = { numRuns: RUNS, seed: SEED };

const ADDRESS = fc.ipV4();
const SOURCES = fc.array(ADDRESS, { maxLength: 20 });
const TYPE = fc.constantFrom('is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block');
const RECORD = fc.record({ type: TYPE, group: ADDRESS, sources: SOURCES });

describe(`messages of IGMP (LUNETTA_SEED=${SEED})`, () => {
  test('a report of version 3 reads as it was written', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 10 }), (records) => {
        const written = ethernet().ipv4().igmp({ type: 'v3_report', records });
        expect(readPacket(written.bytes()).igmp).toMatchObject({ type: 'v3_report', records });
      }),
      OPTIONS,
    );
  });

  test('a query reads as it was written', () => {
    const fields = { group: ADDRESS, sources: SOURCES, maxResponse: fc.nat(255), robustness: fc.nat(7) };
    fc.assert(
      fc.property(fc.record(fields), (query) => {
        const written = ethernet().ipv4().igmp(query);
        expect(readPacket(written.bytes()).igmp).toMatchObject({ type: 'query', version: 3, ...query });
      }),
      OPTIONS,
    );
  });

  test('of any bytes no reader goes past the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 64 }), (bytes) => {
        // A view that ends where the message does: reading past it would throw.
        const exact = new DataView(Uint8Array.from(bytes).buffer);
        if (!igmp.fitsV3Query(exact, 0, bytes.length)) return;
        for (let i = 0; i < igmp.sourceCount(exact, 0); i++) igmp.source(exact, 0, i);
      }),
      OPTIONS,
    );
  });

  test('a time that is coded is never shorter than one with a smaller code', () => {
    for (let code = 1; code < 256; code++) {
      expect(igmp.codedTime(code)).toBeGreaterThan(igmp.codedTime(code - 1));
    }
    expect(igmp.codedTime(0xff)).toBe(31 << 10);
  });
});
