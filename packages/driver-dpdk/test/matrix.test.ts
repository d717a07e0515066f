import { linkTarget, PortFarEnd } from '@lunetta/testkit';
import { describeBehaviour, describeTap, SharedNetns } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';
import { openAfPacket, openTap } from './support/kernel-links.js';

// What the stack does, on DPDK as on any other link.
describeDpdk('behaviour over DPDK', () => {
  describeBehaviour(
    linkTarget('dpdk (net_ring)', async () => {
      const [port, far] = await openRingPair();
      return { port, peer: new PortFarEnd(far), destroy: () => undefined };
    }),
  );

  describeTap('against a Linux kernel', () => {
    const shared = new SharedNetns();
    describeBehaviour(linkTarget('dpdk (net_tap)', () => openTap(shared)));
    describeBehaviour(linkTarget('dpdk (net_af_packet)', () => openAfPacket(shared)));
  });
});
