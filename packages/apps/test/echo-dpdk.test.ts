import { describe } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { echoTests } from './support/echo-tests.js';
import { NET_AF_PACKET, NET_TAP } from './support/kernel-link.js';

describeTap('lunetta echo over DPDK, against a Linux kernel', () => {
  describeDpdk('as on TAP, by configuration alone', () => {
    describe('net_tap', () => echoTests(NET_TAP));
    describe('net_af_packet', () => echoTests(NET_AF_PACKET));
  });
});
