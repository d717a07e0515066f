/** What DPDK logs when EAL cannot start, and what mends it; the first that fits. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /[Nn]o free .*hugepages|Cannot get hugepage information|no mounted hugetlbfs|FATAL: Cannot init memory|Not enough memory/,
    'Reserve hugepages (as root: sysctl vm.nr_hugepages=512), or do without them for virtual devices: options.eal.memory = "none"',
  ],
  [
    /unsupported cpu type|CPU does not support|requires .* instructions|cpu flag/i,
    'This processor lacks instructions that DPDK was built for; run it on another one',
  ],
  [
    /cannot open shared object|\.so.*(No such file|not found)|Cannot init plugins/i,
    'A plugin is missing: check options.eal.plugins, and install the driver (Debian: apt-get install libdpdk-dev)',
  ],
  [
    /VFIO|vfio|IOMMU|iommu/,
    'Load the driver (as root: modprobe vfio-pci) with the IOMMU on (kernel command line: intel_iommu=on iommu=pt); see docs/production.md',
  ],
  [
    /Cannot create lock|Permission denied|EACCES|runtime dir/i,
    'Run as root, or give the user hugepages and the VFIO group (docs/production.md)',
  ],
  [/lcore|coremask|corelist/i, 'Name processors that this process may run on in options.eal.lcores'],
  [/invalid|Invalid|unrecognized|parse/, 'Check options.eal.arguments: they go to DPDK as they are'],
];

/** What is to be done about it, by what DPDK logged. */
export function ealRemedy(log: string): string {
  const found = REMEDIES.find(([pattern]) => pattern.test(log));
  return found?.[1] ?? 'See with `lunetta doctor` what is missing';
}
