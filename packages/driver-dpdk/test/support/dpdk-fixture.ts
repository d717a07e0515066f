import { DpdkDriver, dpdkOptionsSchema, loadAddon, type DpdkPort } from '../../src/index.js';

let made = 0;

/** A name that no other test of this process has used. */
export function uniqueName(): string {
  return `t${made++}`;
}

/** Opens a device with little memory and no hugepages. */
export function openDpdk(device: string, options: object = {}, request: object = {}): Promise<DpdkPort> {
  const parsed = dpdkOptionsSchema.parse({
    device,
    eal: { memory: 'none' },
    buffers: 1024,
    rxDescriptors: 64,
    txDescriptors: 64,
    ...options,
  });
  return new DpdkDriver().open(parsed, { interfaceName: 'lan', ...request });
}

/** Two open ports at the ends of a cable of DPDK's rings. */
export async function openRingPair(options: object = {}, size = 512): Promise<[DpdkPort, DpdkPort]> {
  const [a, b] = [`${uniqueName()}a`, `${uniqueName()}b`];
  await startEal();
  loadAddon().connectRings(a, b, size);
  return [await openDpdk(`net_ring_${a}`, options), await openDpdk(`net_ring_${b}`, options)];
}

/** Rings can only be made once DPDK runs. */
async function startEal(): Promise<void> {
  if (loadAddon().ealArguments() === undefined) await (await openDpdk(`net_null_${uniqueName()}`)).close();
}
