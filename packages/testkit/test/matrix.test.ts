import { TapDriver, tapOptionsSchema } from '@lunetta/driver-tap';
import {
  createMemoryCable,
  linkTarget,
  memoryTarget,
  pcapTarget,
  PortFarEnd,
  type LinkFixture,
} from '@lunetta/testkit';
import { describeBehaviour, describeTap, Netns, PacketPeer } from '@lunetta/testkit/jest';

describeBehaviour(memoryTarget());
describeBehaviour(memoryTarget('memory, in segments of 256 bytes', { segmentSize: 256 }));
describeBehaviour(memoryTarget('memory, one for both ends', { sharedMemory: true, buffers: 2048 }));
describeBehaviour(pcapTarget());
describeBehaviour(
  linkTarget(
    'memory, padded, in the time of the machine',
    () => {
      const cable = createMemoryCable({ padTo60: true });
      return { port: cable.a, peer: new PortFarEnd(cable.b), destroy: () => undefined };
    },
    60,
  ),
);

describeTap('the matrix on TAP', () => {
  describeBehaviour(linkTarget('tap', openTap));
});

async function openTap(): Promise<LinkFixture> {
  const netns = new Netns();
  try {
    // The packet socket at the far end is to see frames as they would be on a wire, checksums made.
    const options = tapOptionsSchema.parse({ netns: netns.name, up: true, offloads: false });
    const port = await new TapDriver().open(options, { interfaceName: 'lan' });
    const peer = await PacketPeer.open(netns.name, 'lun0');
    return { port, peer, destroy: () => netns.remove() };
  } catch (error) {
    netns.remove();
    throw error;
  }
}
