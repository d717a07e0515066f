import { PortFarEnd } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';

describeDpdk('the link contract over DPDK', () => {
  describeLinkDriver('net_ring', {
    countsLosses: true,
    open: async () => {
      const [port, far] = await openRingPair();
      return {
        port,
        peer: new PortFarEnd(far),
        setLinkState: (state) => void port.setLink(state === 'up'),
        destroy: () => undefined,
      };
    },
  });
});
