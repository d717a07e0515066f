import { describeLinkDriver, describeTap, SharedNetns } from '@lunetta/testkit/jest';
import { TapDriver, tapOptionsSchema } from '../src/index.js';

const CASES = [
  ['tap', true],
  ['tap without offloads', false],
] as const;

// The far end is the kernel's: an AF_PACKET socket on the other side of the device.
describeTap('the link contract over TAP', () => {
  const shared = new SharedNetns();
  for (const [name, offloads] of CASES)
    describeLinkDriver(name, {
      // The kernel may speak on its own, such as to ask who has an address.
      exactFrames: false,
      open: async () => {
        const { netns } = shared;
        const options = tapOptionsSchema.parse({ netns: netns.name, up: true, offloads });
        const port = await new TapDriver().open(options, { interfaceName: 'lan' });
        return {
          port,
          peer: await shared.farEnd('lun0'),
          setLinkState: (state) => void netns.ip('link', 'set', 'lun0', state),
          remove: () => void netns.ip('link', 'del', 'lun0'),
          destroy: () => undefined, // the device goes with its port
        };
      },
    });
});
