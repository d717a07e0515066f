import { describeLinkDriver, describeTap, SharedNetns } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openAfXdp } from './support/kernel-links.js';

describeTap('the link contract between DPDK and a Linux kernel', () => {
  describeDpdk('over AF_XDP', () => {
    const shared = new SharedNetns();
    describeLinkDriver('net_af_xdp', { exactFrames: false, open: () => openAfXdp(shared) });
  });
});
