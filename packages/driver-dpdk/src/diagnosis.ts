import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LunettaError, type LinkDiagnosis, type LinkFinding, type LinkPort } from '@lunetta/core';
import { missingInstructions } from './cpu.js';
import { freeHugepageBytes } from './eal-arguments.js';

const PCI = '/sys/bus/pci/devices';
/** PCI class of Ethernet controllers (the PCI ID database). */
const ETHERNET_CLASS = '0x0200';
/** Kernel drivers that hand a device to a process. */
const USER_DRIVERS = ['vfio-pci', 'igb_uio', 'uio_pci_generic'];

/**
 * Looks at what DPDK needs of this machine.
 *
 * @param open opens a virtual device that needs no hardware
 */
export async function diagnose(open: () => Promise<LinkPort>): Promise<LinkDiagnosis> {
  const trial = [checkProcessor(), ...(await tryToOpen(open))];
  return {
    usable: trial.every(({ ok }) => ok),
    findings: [...trial, checkPlugins(), checkHugepages(), checkIommu(), checkVfio(), ...checkCards(), checkNuma()],
  };
}

function checkProcessor(): LinkFinding {
  const missing = missingInstructions();
  const what = 'processor has the instructions that DPDK is built for';
  if (missing.length === 0) return { what, ok: true };
  return { what, ok: false, remedy: `${missing.join(', ')} missing: a newer processor, or QEMU with -cpu host` };
}

/** Opens DPDK's null device, which is gone again a moment later: no other test knows all that may stand in the way. */
async function tryToOpen(open: () => Promise<LinkPort>): Promise<LinkFinding[]> {
  const library = 'libdpdk and native add-on';
  const device = 'DPDK starts and opens a virtual device';
  try {
    await (await open()).close();
    return [
      { what: library, ok: true },
      { what: device, ok: true },
    ];
  } catch (error) {
    if (!(error instanceof LunettaError)) throw error;
    const remedy = error.message.replace(/^(interface doctor, )?driver dpdk: /, '');
    const isLoaded = error.code !== 'LUNETTA_ERR_ADDON_NOT_BUILT' && !remedy.startsWith("DPDK's libraries");
    return isLoaded
      ? [
          { what: library, ok: true },
          { what: device, ok: false, remedy },
        ]
      : [{ what: library, ok: false, remedy }];
  }
}

/** Folders in which distributions keep DPDK's drivers. */
function pluginFolders(): string[] {
  const libraries = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64'].filter((folder) =>
    existsSync(folder),
  );
  const places = libraries.flatMap((folder) => [folder, ...subfolders(folder, /-linux-gnu$/)]);
  return places.flatMap((folder) => subfolders(join(folder, 'dpdk'), /^pmds-/));
}

function subfolders(folder: string, pattern: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

function checkPlugins(): LinkFinding {
  const folders = pluginFolders();
  const names = folders.flatMap((folder) => readdirSync(folder));
  const drivers = new Set(names.flatMap((name) => /^librte_net_(\w+?)\.so/.exec(name)?.[1] ?? []));
  const intel = ['ixgbe', 'i40e', 'ice', 'e1000'].filter((driver) => drivers.has(driver));
  const what = `drivers of network cards: ${drivers.size} (Intel: ${intel.join(', ') || 'none'})`;
  if (drivers.size > 0) return { what, ok: true };
  return {
    what,
    ok: false,
    remedy: 'as root: apt-get install libdpdk-dev, or options.eal.plugins if they lie elsewhere',
  };
}

function checkHugepages(): LinkFinding {
  const megabytes = freeHugepageBytes() / 2 ** 20;
  const what = `hugepages for network cards: ${megabytes} MiB free`;
  if (megabytes >= 64) return { what, ok: true };
  return { what, ok: false, remedy: 'as root: sysctl vm.nr_hugepages=512 (for good: a file in /etc/sysctl.d)' };
}

function checkIommu(): LinkFinding {
  const groups = '/sys/kernel/iommu_groups';
  const what = 'IOMMU on, for network cards';
  if (existsSync(groups) && readdirSync(groups).length > 0) return { what, ok: true };
  return {
    what,
    ok: false,
    remedy:
      'kernel command line: intel_iommu=on iommu=pt (AMD: iommu=pt), and VT-d or AMD-Vi on in the firmware; a machine that ' +
      'has none can do without, unprotected: as root, modprobe vfio enable_unsafe_noiommu_mode=1',
  };
}

function checkVfio(): LinkFinding {
  const what = 'VFIO loaded and open to us, for network cards';
  if (!existsSync('/dev/vfio/vfio')) return { what, ok: false, remedy: 'as root: modprobe vfio-pci' };
  try {
    accessSync('/dev/vfio/vfio', constants.R_OK | constants.W_OK);
    return { what, ok: true };
  } catch {
    return {
      what,
      ok: false,
      remedy: 'run as root, or as root: chmod 0666 /dev/vfio/vfio; chown $USER /dev/vfio/GROUP',
    };
  }
}

/** PCI addresses of the network cards that are bound to a driver for DPDK. */
export function cardsForDpdk(): string[] {
  return cards().filter((address) => isForDpdk(driverOf(address)));
}

/** PCI addresses of all Ethernet controllers. */
function cards(): string[] {
  if (!existsSync(PCI)) return [];
  return readdirSync(PCI).filter((address) =>
    readFileSync(join(PCI, address, 'class'), 'utf8').startsWith(ETHERNET_CLASS),
  );
}

/** Ethernet controllers, and whose they are. */
function checkCards(): LinkFinding[] {
  return cards().map((address) => {
    const driver = driverOf(address);
    const node = readFileSync(join(PCI, address, 'numa_node'), 'utf8').trim();
    const what = `network card ${address}, driver ${driver ?? 'none'}, NUMA node ${node}`;
    if (isForDpdk(driver)) return { what: `${what}: DPDK can have it`, ok: true };
    return {
      what: `${what}: the kernel's`,
      ok: true,
      remedy: `to give it to DPDK (the machine loses its network by it): dpdk-devbind.py --bind=vfio-pci ${address}`,
    };
  });
}

function isForDpdk(driver: string | undefined): boolean {
  return driver !== undefined && USER_DRIVERS.includes(driver);
}

function driverOf(address: string): string | undefined {
  const link = join(PCI, address, 'driver');
  return existsSync(link) ? basename(readlinkSync(link)) : undefined;
}

function checkNuma(): LinkFinding {
  const folder = '/sys/devices/system/node';
  const nodes = existsSync(folder) ? readdirSync(folder).filter((name) => /^node\d+$/.test(name)).length : 1;
  const what = `NUMA nodes: ${Math.max(1, nodes)}`;
  if (nodes <= 1) return { what, ok: true };
  return { what, ok: true, remedy: 'run on the node of the card: numactl --cpunodebind=N --membind=N node ...' };
}
