/** The 82574L, DPDK's driver `net_e1000_em`. The stack puts the tags of VLANs into frames itself. */
import { describeTap } from '@lunetta/testkit/jest';
import { ServicesFixture } from './support/services-fixture.js';
import { endTest, servicesTests } from './support/services-tests.js';

const ECHOES = 1000;

describeTap('lunetta services on an emulated 82574L (e1000e)', () => {
  const fixture = new ServicesFixture('e1000e');
  servicesTests(fixture, ECHOES);
  endTest(fixture);
});
