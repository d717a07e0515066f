import { describe, expect, test } from '@jest/globals';
import { checksum, NOT_FOUND, TupleTable } from '@lunetta/core';
import { SeededRandom } from '@lunetta/testkit';
import fc from 'fast-check';

/** `expect` costs too much for millions of comparisons. */
function must(condition: boolean, wrong: string): void {
  if (!condition) throw new Error(wrong);
}

describe('TupleTable', () => {
  // Few words, so that keys meet each other; and words that a hash may take for the same.
  const WORD = fc.constantFrom(0, 1, -1, 2, 0x7fffffff, -0x80000000, 0x10000, 0xffff);
  const STEP = fc.record({ do: fc.constantFrom('set', 'set', 'delete', 'get'), key: fc.tuple(WORD, WORD, WORD) });

  test('does what a Map would do', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 400 }), fc.integer(), (steps, seed) => {
        const random = new SeededRandom(seed);
        const table = new TupleTable(() => random.int32());
        const model = new Map<string, number>();
        steps.forEach(({ do: what, key }, value) => {
          const text = key.join();
          if (what === 'set') {
            table.set(...key, value);
            model.set(text, value);
          } else if (what === 'delete') {
            must(table.delete(...key) === model.delete(text), `delete ${text}`);
          }
          must(table.get(...key) === (model.get(text) ?? NOT_FOUND), `get ${text} after ${what}`);
          must(table.size === model.size, `size after ${what} ${text}`);
        });
        for (const [text, value] of model) {
          const [k0, k1, k2] = text.split(',').map(Number);
          must(table.get(k0, k1, k2) === value, `get ${text} at the end`);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('holds a hundred thousand keys, and none of them after they were taken out again', () => {
    const random = new SeededRandom(1);
    const table = new TupleTable(() => random.int32());
    for (let i = 0; i < 100_000; i++) table.set(i, -i, i << 16, i);
    for (let i = 0; i < 100_000; i += 2) expect(table.delete(i, -i, i << 16)).toBe(true);
    let wrong = 0;
    for (let i = 0; i < 100_000; i++) if (table.get(i, -i, i << 16) !== (i % 2 === 0 ? NOT_FOUND : i)) wrong++;
    expect([wrong, table.size]).toEqual([0, 50_000]);
  });
});

/** RFC 1071 as it is written: word by word. */
function naive(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

describe('the Internet checksum', () => {
  const random = new SeededRandom(9);
  const bytes = Uint8Array.from({ length: 70_000 }, () => random.int32());
  const view = new DataView(bytes.buffer);

  test('of every length and offset is that of RFC 1071', () => {
    for (let at = 0; at < 20; at++) {
      for (let length = 0; length < 200; length++) {
        const sum = checksum.finish(checksum.add(0, view, at, at + length));
        if (sum !== naive(bytes.subarray(at, at + length))) throw new Error(`wrong at ${at} for ${length} bytes`);
      }
    }
    for (const length of [1459, 1460, 1472, 9000, 32_767, 65_507, 65_534, 65_535]) {
      expect(checksum.finish(checksum.add(0, view, 3, 3 + length))).toBe(naive(bytes.subarray(3, 3 + length)));
    }
  });

  test('does not overflow on 65,535 bytes of ones behind a large partial sum', () => {
    const ones = new Uint8Array(65_535).fill(0xff);
    const sum = checksum.add(0x3ffc_0000 - 4, new DataView(ones.buffer), 0, ones.length);
    expect(sum).toBeLessThan(2 ** 18);
    const expected = naive(Uint8Array.of(0x3f, 0xfb, 0xff, 0xfc, ...ones.subarray(0, 65_534), 0xff, 0));
    expect(checksum.finish(sum)).toBe(expected);
  });

  test('of parts of even length adds up to that of the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(200), fc.integer(), (all, half, word) => {
        const cut = Math.min(half * 2, all.length & ~1);
        const each = new DataView(all.buffer, all.byteOffset, all.length);
        const first = checksum.addWord(checksum.add(0, each, 0, cut), word);
        const words = Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word, ...all);
        must(checksum.finish(checksum.add(first, each, cut, all.length)) === naive(words), `cut at ${cut}`);
      }),
    );
  });

  test('updated for one changed word is what a new one says (RFC 1624)', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 64 }),
        fc.nat(31),
        fc.oneof(fc.constantFrom(0, 0xffff, 0x0800), fc.integer({ min: 0, max: 0xffff })),
        (all, index, after) => {
          fc.pre(all.some((byte) => byte !== 0));
          const at = Math.min(index * 2, (all.length & ~1) - 2);
          const each = new DataView(all.buffer, all.byteOffset, all.length);
          const field = naive(all);
          const updated = checksum.update(field, each.getUint16(at), after);
          each.setUint16(at, after);
          // All zeros are the one case that the update cannot tell (0 and 0xffff are both zero to it).
          if (all.some((byte) => byte !== 0)) must(updated === naive(all), `updated to ${updated}`);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
