import type { LinkFixture } from '@lunetta/testkit';
import { describeLinkDriver, Netns, PacketPeer } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

/** A link of which the kernel is the other end, in a network namespace of its own. */
async function openIn(
  netns: Netns,
  device: string,
  { inner, outer }: { inner: string; outer: string },
): Promise<LinkFixture> {
  try {
    const port = await openDpdk(device, { netns: netns.name });
    netns.ip('link', 'set', outer, 'up');
    const peer = await PacketPeer.open(netns.name, outer);
    return {
      port,
      peer,
      setLinkState: (state) => void netns.ip('link', 'set', outer, state),
      remove: () => void netns.ip('link', 'del', inner),
      destroy: () => netns.remove(),
    };
  } catch (error) {
    netns.remove();
    throw error;
  }
}

/** Two ends of a virtual cable, ours and the kernel's. */
function makeVeth(): Netns {
  const netns = new Netns();
  netns.ip('link', 'add', 'ours', 'type', 'veth', 'peer', 'name', 'theirs');
  netns.ip('link', 'set', 'ours', 'up');
  netns.ip('link', 'set', 'theirs', 'up');
  return netns;
}

// The far end is the kernel's: an AF_PACKET socket on the other side of the device.
describeDpdk(
  'the link contract over DPDK, against the kernel',
  () => {
    describeLinkDriver('net_tap', {
      exactFrames: false,
      open: () => openIn(new Netns(), `net_tap_${uniqueName()},iface=lundpdk`, { inner: 'lundpdk', outer: 'lundpdk' }),
    });

    describeLinkDriver('net_af_packet', {
      exactFrames: false,
      open: () =>
        openIn(makeVeth(), `net_af_packet_${uniqueName()},iface=ours,framecnt=512`, { inner: 'ours', outer: 'theirs' }),
    });
  },
  { root: true },
);
