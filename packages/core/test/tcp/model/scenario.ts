import type { StackSettings } from '@lunetta/core';
import type { CableConditions } from '@lunetta/testkit';
import fc from 'fast-check';

/** One thing that happens to the connection; `side` is 0 for who connects, 1 for who accepts. */
export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'write' | 'read'; readonly side: number; readonly most: number }
  | { readonly kind: 'end' | 'close' | 'abort'; readonly side: number }
  | { readonly kind: 'noDelay'; readonly side: number; readonly on: boolean }
  | { readonly kind: 'userTimeout'; readonly side: number; readonly ms: number }
  | { readonly kind: 'conditions'; readonly to: CableConditions }
  | { readonly kind: 'partition' | 'heal' };

/** A connection's life: what both stacks are like, what the wire does, what the applications do. */
export interface Scenario {
  /** Of the LAN: which frame is lost, and so on. */
  readonly seed: number;
  readonly conditions: CableConditions;
  readonly sides: readonly [SideScenario, SideScenario];
  readonly steps: readonly Step[];
}

interface SideScenario {
  readonly settings: StackSettings;
  readonly mtu: number;
  /** Its network card cuts segments up. */
  readonly offloads: boolean;
  /** Bytes that the application has to write. */
  readonly length: number;
  /** It reads and writes whenever it is told that it can, not only in the steps. */
  readonly isEager: boolean;
}

const side = fc.constantFrom(0, 1);
/** A share of frames: mostly none. */
const share = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 0.3, noNaN: true }) },
);

const conditions: fc.Arbitrary<CableConditions> = fc.record({
  delay: fc.oneof(fc.nat(2000), fc.nat(200_000)),
  jitter: fc.oneof(fc.constant(0), fc.nat(50_000)),
  rate: fc.constantFrom(1e9, 1e6, 100_000),
  queue: fc.record({ packets: fc.constantFrom(1000, 4) }),
  loss: share,
  duplication: share,
  reordering: share,
  corruption: fc.constantFrom(0, 0, 0.02),
});

const settings: fc.Arbitrary<StackSettings> = fc
  .record({
    initialReceiveBuffer: fc.constantFrom(2048, 4096, 16_384, 65_536),
    receiveGrowth: fc.constantFrom(1, 4, 16),
    initialSendBuffer: fc.constantFrom(2048, 65_536),
    maxMemory: fc.constantFrom(65_536, 2 ** 28),
    maxOutOfOrderRanges: fc.constantFrom(1, 3, 128),
    sack: fc.boolean(),
    timestamps: fc.boolean(),
    windowScaling: fc.boolean(),
    ecn: fc.boolean(),
    pacing: fc.boolean(),
    congestionControl: fc.constantFrom('cubic' as const, 'newreno' as const),
    maxHalfOpen: fc.constantFrom(1, 100),
  })
  .map(({ receiveGrowth, ...tcp }) => ({
    tcp: { ...tcp, maxReceiveBuffer: tcp.initialReceiveBuffer * receiveGrowth },
  }));

const sideScenario: fc.Arbitrary<SideScenario> = fc.record({
  settings,
  mtu: fc.constantFrom(1500, 576, 9000),
  offloads: fc.boolean(),
  length: fc.oneof(fc.nat(3000), fc.nat(60_000)),
  isEager: fc.boolean(),
});

const size = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20_000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.nat(50), fc.nat(1500)) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), side, most: size }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), side, most: size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('partition' as const, 'heal' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heal' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('conditions' as const), to: conditions }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('noDelay' as const), side, on: fc.boolean() }) },
);
/** What may end the connection before all has arrived; in some scenarios only. */
const ending: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('close' as const, 'abort' as const), side }),
  fc.record({ kind: fc.constant('userTimeout' as const), side, ms: fc.integer({ min: 100, max: 5000 }) }),
);

/** Any life that a connection may have. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  conditions,
  sides: fc.tuple(sideScenario, sideScenario),
  steps: fc.oneof(
    { weight: 3, arbitrary: fc.array(step, { maxLength: 60 }) },
    {
      weight: 1,
      arbitrary: fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: ending }), {
        maxLength: 60,
      }),
    },
  ),
});
