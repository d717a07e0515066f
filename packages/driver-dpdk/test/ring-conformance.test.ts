import { PortFarEnd } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openRingPair } from './support/dpdk-fixture.js';

describeDpdk('the link contract over DPDK', () => {
  for (const frames of ['native', 'webassembly'])
    describeLinkDriver(`net_ring, ${frames} memory`, {
      countsLosses: true,
      open: async () => {
        const [port, far] = await openRingPair({ frames });
        return {
          port,
          peer: new PortFarEnd(far),
          setLinkState: (state) => void port.setLink(state === 'up'),
          destroy: () => undefined,
        };
      },
    });
});
