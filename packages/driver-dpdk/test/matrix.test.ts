import { linkTarget, PortFarEnd } from '@lunetta/testkit';
import { describeBehaviour } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';

// What the stack does, on DPDK as on any other link.
describeDpdk('behaviour over DPDK', () => {
  describeBehaviour(
    linkTarget('dpdk (net_ring)', async () => {
      const [port, far] = await openRingPair();
      return { port, peer: new PortFarEnd(far), destroy: () => undefined };
    }),
  );
});
