/** The 82540EM, DPDK's driver `net_e1000_em`. The card takes the tags of VLANs out of frames and puts them in. */
import { describeTap } from '@lunetta/testkit/jest';
import { ServicesFixture } from './support/services-fixture.js';
import { endTest, servicesTests } from './support/services-tests.js';

const ECHOES = 1000;

describeTap('lunetta services on an emulated 82540EM (e1000)', () => {
  const fixture = new ServicesFixture('e1000', { vlanStrip: true });
  servicesTests(fixture, ECHOES);
  endTest(fixture);
});
