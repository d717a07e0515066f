import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What an emulated machine is made of; `scripts/setup/emulator.mjs` fetches it. */
export interface Emulator {
  readonly folder: string;
  /** QEMU. */
  readonly qemu: string;
  /** The guest's kernel; its modules lie in the folder `modules`, named in the order of loading. */
  readonly kernel: string;
  /** Statically linked: all commands that the guest needs before it sees its host's files. */
  readonly busybox: string;
}

/** @throws Error if it has not been fetched */
export function emulator(): Emulator {
  const folder = process.env['LUNETTA_EMULATOR'];
  if (folder === undefined || !existsSync(folder)) {
    throw new Error('the emulated machine is fetched by: npm run test:nic');
  }
  const file = (name: string): string => join(folder, name);
  return { folder, qemu: file('qemu-system-x86_64'), kernel: file('vmlinuz'), busybox: file('busybox') };
}
