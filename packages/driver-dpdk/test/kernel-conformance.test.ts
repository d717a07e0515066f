import { describeLinkDriver, describeTap, SharedNetns } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openAfPacket, openTap } from './support/kernel-links.js';

// The far end is the kernel's: an AF_PACKET socket on the other side of the device.
describeTap('the link contract between DPDK and a Linux kernel', () => {
  describeDpdk('on DPDK’s devices', () => {
    const shared = new SharedNetns();
    describeLinkDriver('net_tap', { exactFrames: false, open: () => openTap(shared) });
    describeLinkDriver('net_af_packet', { exactFrames: false, open: () => openAfPacket(shared) });
  });
});
