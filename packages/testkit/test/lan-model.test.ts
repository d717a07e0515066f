import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VirtualLan } from '@lunetta/testkit';
import { type CableConditions, ethernet, type Hub, type Station, type Switch, withLan } from '@lunetta/testkit';

const RUNS = { numRuns: Number(process.env['LUNETTA_FUZZ_RUNS'] ?? 50) };
const TIMEOUT_MS = 120_000; // a busy machine takes long for many turns of the loop
const probability = fc.double({ min: 0, max: 1, noNaN: true });
const burst = fc.record({ goodToBad: probability, badToGood: probability, lossInBad: probability });

/** Everything but corruption. */
const conditions: fc.Arbitrary<CableConditions> = fc.record(
  {
    delay: fc.nat(20_000),
    jitter: fc.nat(20_000),
    rate: fc.integer({ min: 10_000, max: 1e9 }),
    queue: fc.record({ packets: fc.nat(5) }),
    mtu: fc.integer({ min: 40, max: 1500 }),
    inFlight: fc.integer({ min: 1, max: 8 }),
    loss: fc.oneof(probability, burst),
    duplication: probability,
    reordering: probability,
  },
  { requiredKeys: [] },
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('send' as const), length: fc.integer({ min: 18, max: 200 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), to: conditions }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('partition' as const), lasting: fc.nat(30_000) }) },
);

test(
  'whatever a cable does, what it counts is what the stations see, and nothing that arrives is another',
  () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), conditions, fc.array(step, { maxLength: 60 }), (seed, first, steps) =>
        withLan({ seed }, async (lan) => {
          const [a, b] = [lan.station('a'), lan.station('b')];
          const cable = lan.cable(a, b, first);
          const { counts } = cable.from(a);
          const sent: Uint8Array[] = [];
          for (const each of steps) {
            if (each.kind === 'send') {
              const frame = new Uint8Array(each.length).fill(sent.length);
              sent.push(frame);
              a.send(frame);
            } else if (each.kind === 'wait') await lan.advance(each.us);
            else if (each.kind === 'change') cable.set(each.to);
            else cable.partition({ lasting: each.lasting });
            expect(counts.fault).toBeUndefined();
          }
          await lan.advance('1h');
          const times = new Array<number>(sent.length).fill(0);
          for (const heard of b.receive()) {
            expect(heard).toEqual(sent[heard[0]]);
            times[heard[0]]++;
          }
          const copies = times.reduce((sum, count) => sum + count, 0);
          expect(counts).toMatchObject({ inFlight: 0, frames: sent.length, delivered: copies });
          expect(Math.max(0, ...times)).toBeLessThanOrEqual(2);
          expect(times.filter((count) => count === 2).length).toBeLessThanOrEqual(counts.duplicated);
          expect(times.filter((count) => count === 0).length).toBeLessThanOrEqual(counts.lostFrames);
          expect(copies + counts.lostFrames).toBe(sent.length + counts.duplicated);
        }),
      ),
      RUNS,
    ),
  TIMEOUT_MS,
);

/** A tree of bridges, station `i` on bridge `places[i]`; bridge `i` hangs on an earlier one. */
function tree(lan: VirtualLan, kinds: readonly boolean[], places: readonly number[]): Station[] {
  const bridges = kinds.map((isHub, i): Switch | Hub => (isHub ? lan.hub(`bridge${i}`) : lan.switch(`bridge${i}`)));
  for (let i = 1; i < bridges.length; i++) lan.cable(bridges[i], bridges[Math.floor((i - 1) / 2)], { delay: '1ms' });
  return places.map((place, i) => {
    const station = lan.station(`station${i}`);
    lan.cable(station, bridges[place % bridges.length], { delay: i });
    return station;
  });
}

test(
  'on any tree of switches and hubs each frame comes once to its station, or to all if it is for all',
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { minLength: 2, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 15 }),
        (kinds, places, talks) =>
          withLan({}, async (lan) => {
            const stations = tree(lan, kinds, places);
            for (const [from, to, isForAll] of talks) {
              const [sender, receiver] = [stations[from % stations.length], stations[to % stations.length]];
              const dst = isForAll ? 'ff:ff:ff:ff:ff:ff' : receiver.mac;
              const frame = ethernet({ dst, src: sender.mac, type: 0x88b5 }).payload(Uint8Array.of(from, to)).bytes();
              sender.send(frame);
              await lan.advance('100ms');
              for (const station of stations) {
                const heard = station.receive();
                const isMeant = station !== sender && (isForAll || station === receiver);
                if (isMeant) expect(heard).toEqual([frame]);
                else expect(heard.length).toBeLessThanOrEqual(station === sender ? 0 : 1);
              }
            }
          }),
      ),
      RUNS,
    ),
  TIMEOUT_MS,
);
