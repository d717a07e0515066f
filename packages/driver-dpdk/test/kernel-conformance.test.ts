import { describeLinkDriver, describeTap, Netns, PacketPeer } from '@lunetta/testkit/jest';
import type { LinkFixture } from '@lunetta/testkit';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

/** What is in a namespace of its own, which goes with it. */
async function inNetns(open: (netns: Netns) => Promise<Omit<LinkFixture, 'destroy'>>): Promise<LinkFixture> {
  const netns = new Netns();
  try {
    return { ...(await open(netns)), destroy: () => netns.remove() };
  } catch (error) {
    netns.remove();
    throw error;
  }
}

/** A TAP device that DPDK makes. */
async function openTap(netns: Netns): Promise<Omit<LinkFixture, 'destroy'>> {
  const options = { netns: netns.name, buffers: 2048 };
  const port = await openDpdk(`net_tap_${uniqueName()},iface=own0`, options);
  netns.ip('link', 'set', 'own0', 'up');
  return {
    port,
    peer: await PacketPeer.open(netns.name, 'own0'),
    setLinkState: (state) => void netns.ip('link', 'set', 'own0', state),
    remove: () => void netns.ip('link', 'del', 'own0'),
  };
}

/** One end of a veth pair. */
async function openAfPacket(netns: Netns): Promise<Omit<LinkFixture, 'destroy'>> {
  netns.ip('link', 'add', 'own0', 'type', 'veth', 'peer', 'name', 'far0');
  for (const device of ['own0', 'far0']) netns.ip('link', 'set', device, 'up');
  const options = { netns: netns.name, buffers: 2048 };
  return {
    port: await openDpdk(`net_af_packet_${uniqueName()},iface=own0`, options),
    peer: await PacketPeer.open(netns.name, 'far0'),
    setLinkState: (state) => void netns.ip('link', 'set', 'far0', state),
    remove: () => void netns.ip('link', 'del', 'own0'),
  };
}

// The far end is the kernel's: an AF_PACKET socket on the other side of the device.
describeTap('the link contract between DPDK and a Linux kernel', () => {
  describeDpdk('on DPDK’s devices', () => {
    describeLinkDriver('net_tap', { exactFrames: false, open: () => inNetns(openTap) });
    describeLinkDriver('net_af_packet', { exactFrames: false, open: () => inNetns(openAfPacket) });
  });
});
