/** The 82574L, DPDK's driver `net_e1000_em`, whose interrupts do not come: the stack looks after it on a timer. */
import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { AT_KERNEL } from './support/machine-arguments.js';
import { ServicesFixture } from './support/services-fixture.js';
import { endTest } from './support/services-tests.js';

describeTap('lunetta services on an emulated 82574L (e1000e)', () => {
  const fixture = new ServicesFixture('e1000e');

  test('answers the pings of a Linux kernel, short ones and those that fill a frame', () => {
    expect(fixture.kernel.ping(AT_KERNEL, 20, 56)).toBe('20 packets transmitted, 20 received');
    expect(fixture.kernel.ping(AT_KERNEL, 20, 1472)).toBe('20 packets transmitted, 20 received');
  });

  endTest(fixture);
});
