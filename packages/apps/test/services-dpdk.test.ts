import { describe } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { NET_AF_PACKET, NET_TAP } from './support/kernel-link.js';
import { servicesTests } from './support/services-tests.js';

describeTap('lunetta services over DPDK, against a Linux kernel', () => {
  describeDpdk('as on TAP, by configuration alone', () => {
    describe('net_tap', () => servicesTests(NET_TAP));
    describe('net_af_packet', () => servicesTests(NET_AF_PACKET));
  });
});
