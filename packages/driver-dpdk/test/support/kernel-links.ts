import type { LinkFixture } from '@lunetta/testkit';
import type { SharedNetns } from '@lunetta/testkit/jest';
import { openDpdk, uniqueName } from './dpdk-fixture.js';

/** A TAP device that DPDK makes; the far end is the kernel's. */
export async function openTap(shared: SharedNetns): Promise<LinkFixture> {
  const { netns } = shared;
  const options = { netns: netns.name, buffers: 2048 };
  const port = await openDpdk(`net_tap_${uniqueName()},iface=own0`, options);
  netns.ip('link', 'set', 'own0', 'up');
  return {
    port,
    peer: await shared.farEnd('own0'),
    setLinkState: (state) => void netns.ip('link', 'set', 'own0', state),
    remove: () => void netns.ip('link', 'del', 'own0'),
    destroy: () => undefined, // it goes with its port
  };
}

export const openAfPacket = (shared: SharedNetns): Promise<LinkFixture> =>
  openOnVeth(shared, 'net_af_packet', { buffers: 2048 });
/** Its rings are of 2,048, whatever it is told. */
export const openAfXdp = (shared: SharedNetns): Promise<LinkFixture> =>
  openOnVeth(shared, 'net_af_xdp', { buffers: 8192, rxDescriptors: 2048, txDescriptors: 2048 });

/** One end of a veth pair; the far end is on the other one. */
async function openOnVeth(shared: SharedNetns, driver: string, sizes: object): Promise<LinkFixture> {
  const { netns } = shared;
  netns.ip('link', 'add', 'own0', 'up', 'type', 'veth', 'peer', 'name', 'far0');
  netns.ip('link', 'set', 'far0', 'up');
  const options = { netns: netns.name, ...sizes };
  let isThere = true;
  const remove = (): void => {
    if (isThere) netns.ip('link', 'del', 'own0');
    isThere = false;
  };
  return {
    port: await openDpdk(`${driver}_${uniqueName()},iface=own0`, options),
    peer: await shared.farEnd('far0'),
    setLinkState: (state) => void netns.ip('link', 'set', 'far0', state),
    remove,
    destroy: remove,
  };
}
