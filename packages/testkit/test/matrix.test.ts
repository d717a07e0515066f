import { TapDriver, tapOptionsSchema } from '@lunetta/driver-tap';
import { createMemoryCable, linkTarget, memoryTarget, pcapTarget, PortFarEnd } from '@lunetta/testkit';
import { describeBehaviour, describeTap, SharedNetns } from '@lunetta/testkit/jest';

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
  const shared = new SharedNetns();
  describeBehaviour(
    linkTarget('tap', async () => {
      // The packet socket at the far end is to see frames as they would be on a wire, checksums made.
      const options = tapOptionsSchema.parse({ netns: shared.netns.name, up: true, offloads: false });
      const port = await new TapDriver().open(options, { interfaceName: 'lan' });
      return { port, peer: await shared.farEnd('lun0'), destroy: () => undefined }; // the device goes with its port
    }),
  );
});
