import { DpdkDriver, type DpdkPort, dpdkOptionsSchema, loadAddon } from '@lunetta/driver-dpdk';

const NAMES = ['bulkA', 'bulkB'] as const;
const RING_SIZE = 1024;

/** Two ports at the ends of a cable of DPDK's rings; frames pass without being copied. */
export async function openRingPorts(): Promise<readonly [DpdkPort, DpdkPort]> {
  const driver = new DpdkDriver();
  const open = (device: string): Promise<DpdkPort> =>
    driver.open(dpdkOptionsSchema.parse({ device, memory: 'bulk', eal: { memory: 'none' } }), {
      interfaceName: device,
    });
  await (await open('net_null0')).close(); // rings can only be made once DPDK runs
  loadAddon().connectRings(...NAMES, RING_SIZE);
  return [await open(`net_ring_${NAMES[0]}`), await open(`net_ring_${NAMES[1]}`)];
}
