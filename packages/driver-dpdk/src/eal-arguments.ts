import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullPciAddress, isPciAddress, type DpdkOptions } from './dpdk-options.js';

const HUGEPAGES = '/sys/kernel/mm/hugepages';
/** Less than this in free hugepages is not worth their use. */
const LEAST_HUGE_BYTES = 32 * 2 ** 20;

/** Bytes in free hugepages of all sizes. */
export function freeHugepageBytes(folder = HUGEPAGES): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, name) => {
    const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    return sum + kilobytes * 1024 * Number(readFileSync(join(folder, name, 'free_hugepages'), 'utf8'));
  }, 0);
}

/** The first processor that this process may run on. */
function firstProcessor(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  return Number(/^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}

/**
 * Words for DPDK's command line. Unless PCI devices are named it must not look for any: it would take every network card
 * of the machine that no kernel driver holds.
 *
 * @param freeBytes bytes in free hugepages
 */
export function ealArguments({ device, eal }: DpdkOptions, freeBytes = freeHugepageBytes()): string[] {
  const allowed = [...(isPciAddress(device) ? [device] : []), ...eal.devices].map(fullPciAddress);
  const huge =
    eal.memory === 'hugepages' || (eal.memory === 'auto' && (allowed.length > 0 || freeBytes >= LEAST_HUGE_BYTES));
  return [
    `--lcores=${eal.lcores ?? `0@${firstProcessor()}`}`,
    `--file-prefix=${eal.filePrefix ?? `lunetta-${process.pid}`}`,
    ...(huge ? ['--in-memory'] : ['--no-huge', '-m', String(eal.megabytes), '--no-shconf']),
    '--no-telemetry',
    ...(allowed.length > 0 ? [...new Set(allowed)].flatMap((address) => ['-a', address]) : ['--no-pci']),
    ...eal.plugins.flatMap((plugin) => ['-d', plugin]),
    ...eal.arguments,
  ];
}
