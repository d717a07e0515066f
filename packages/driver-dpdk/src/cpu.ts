import { existsSync, readFileSync } from 'node:fs';

/** What distributions build DPDK for: x86-64 with SSE4.2 (`-march=corei7`), ARMv8 with CRC and AES instructions. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  x64: ['ssse3', 'sse4_1', 'sse4_2', 'popcnt'],
  arm64: ['crc32'],
};

/**
 * Instructions that DPDK uses and this processor has not. To be asked before its libraries are loaded: they would end the
 * process with SIGILL.
 *
 * @param cpuinfo the text of /proc/cpuinfo
 */
export function missingInstructions(arch: string = process.arch, cpuinfo = readCpuinfo()): string[] {
  const has = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/);
  // Unknown: then DPDK itself will say.
  if (has === undefined) return [];
  return (NEEDED[arch] ?? []).filter((flag) => !has.includes(flag));
}

function readCpuinfo(): string {
  return existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
}
