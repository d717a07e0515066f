import { describe, test } from '@jest/globals';
import { closingTests } from './closing-tests.js';
import { frameTests } from './frame-tests.js';
import { fuzzTests } from './fuzz-tests.js';
import type { LinkDriverSetup } from './link-fixture.js';
import type { LinkTest, RawLinkTest } from './link-test.js';
import { LinkUnderTest } from './link-under-test.js';
import { misuseTests } from './misuse-tests.js';
import { ownershipTests } from './ownership-tests.js';
import { shapeTests } from './shape-tests.js';
import { stateTests } from './state-tests.js';
import { wakeUpTests } from './wake-up-tests.js';

/**
 * Defines the jest suite that every link driver and every wrapper around one must pass: the link contract, member by
 * member. Waits for real devices by polling with a deadline, never by sleeping for a fixed time.
 */
export function describeLinkDriver(name: string, setup: LinkDriverSetup): void {
  const expected = {
    mtu: setup.mtu ?? 1500,
    exactFrames: setup.exactFrames ?? true,
    countsLosses: setup.countsLosses ?? false,
    receivesChains: setup.receivesChains ?? false,
    paddedTo: setup.paddedTo ?? 0,
    patienceMs: setup.patienceMs ?? 5000,
  };

  const rawLinkTest: RawLinkTest = (testName, body) => {
    test(
      testName,
      async () => {
        const fixture = await setup.open();
        const link = new LinkUnderTest(fixture, expected);
        try {
          await link.until(() => link.port.linkState === 'up', 'the link to be up');
          link.stack.poll();
          await body(link);
        } finally {
          await link.peer.close();
          await link.port.close();
          await fixture.destroy();
        }
      },
      // The deadlines inside are to strike first: they say what was missing.
      4 * expected.patienceMs,
    );
  };

  const linkTest: LinkTest = (testName, body) => {
    rawLinkTest(testName, async (link) => {
      await body(link);
      link.expectConserved();
      await link.closeClean();
    });
  };

  describe(`link driver ${name}`, () => {
    describe('shape', () => shapeTests(linkTest, expected));
    describe('frames', () => frameTests(linkTest, expected));
    describe('ownership', () => ownershipTests(linkTest, expected));
    describe('misuse', () => misuseTests(linkTest));
    describe('wake-up', () => wakeUpTests(linkTest));
    describe('link state', () => stateTests(linkTest));
    describe('close', () => closingTests(rawLinkTest));
    describe('garbage in the arrays', () => fuzzTests(rawLinkTest));
  });
}
