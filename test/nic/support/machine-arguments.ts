import { join } from 'node:path';
import type { Netns } from '@lunetta/testkit/jest';
import type { Emulator } from './emulator.js';
import { CHECKOUT } from './initramfs.js';

/** Network cards that QEMU emulates down to their registers: 82576, 82574L and 82540EM. */
export type CardModel = 'igb' | 'e1000e' | 'e1000';

export interface MachineOptions {
  readonly card: CardModel;
  /** With it there is a second card of the same model, whose cable leads to the device `tap0` of that namespace. */
  readonly netns?: Netns | undefined;
}

/** The card at the test's cable. */
export const FIRST_CARD = { id: 'card0', pci: '0000:01:00.0', mac: '52:54:00:00:00:01' };
/** The card at the kernel's cable. */
export const SECOND_CARD = { id: 'card1', pci: '0000:02:00.0', mac: '52:54:00:00:00:02' };
/** The stack's address at the test's cable, and at the kernel's. */
export const AT_PEER = '10.98.0.2';
export const AT_KERNEL = '10.99.0.2';
/** A VLAN on the test's cable, and the stack's address in it. */
export const VLAN = 7;
export const AT_VLAN = '10.97.0.2';
/** The device in the namespace. */
export const TAP_DEVICE = 'tap0';

const GUEST_PROGRAMS = join(CHECKOUT, 'test', 'nic', 'guest', 'dist');
const AGENT = join(GUEST_PROGRAMS, 'agent.js');
/** See `test/nic/guest/port-probe.ts`. */
export const PORT_PROBE = join(GUEST_PROGRAMS, 'port-probe.js');
/** See `test/nic/guest/queue-workers.ts`. */
export const QUEUE_WORKERS = join(GUEST_PROGRAMS, 'queue-workers.js');
const MEMORY_MB = 1024;
const HUGE_PAGES = 128;

/** QEMU's arguments; `folder` has the initramfs, and the sockets that QEMU connects to. */
export function machineArguments(parts: Emulator, folder: string, { card, netns }: MachineOptions): string[] {
  // Without `vnet_hdr=off` QEMU would leave checksums, and cutting segments up, to the kernel at the other end.
  const socket = (name: string): string => `socket,id=${name},path=${join(folder, name)},server=off`;
  // DPDK's way to a card, vfio, wants an IOMMU that remaps interrupts, and that wants QEMU to split its interrupt chip.
  const machine = ['-machine', 'q35,accel=tcg,kernel-irqchip=split', '-cpu', 'max', '-smp', '2', '-m', `${MEMORY_MB}`];
  const iommu = ['-device', 'intel-iommu,intremap=on'];
  const files = ['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'];
  const channels = ['-chardev', socket('agent'), '-chardev', socket('monitor'), '-mon', 'chardev=monitor,mode=control'];
  return [
    ...['-nodefaults', '-display', 'none', '-no-reboot', ...machine, ...iommu],
    ...['-kernel', parts.kernel, '-initrd', join(folder, 'initramfs'), '-append', kernelArguments()],
    ...['-serial', `file:${join(folder, 'console')}`, ...channels],
    ...['-device', 'virtio-serial-pci,addr=4', '-device', 'virtserialport,chardev=agent'],
    ...[...files, '-device', 'virtio-9p-pci,addr=5,fsdev=host,mount_tag=host'],
    ...cardArguments(0, FIRST_CARD, card, `stream,addr.type=unix,addr.path=${join(folder, 'cable')},server=off`),
    ...(netns === undefined
      ? []
      : cardArguments(1, SECOND_CARD, card, `tap,ifname=${TAP_DEVICE},script=no,downscript=no,vnet_hdr=off`)),
  ];
}

/** A card in a slot of its own, from which it can be pulled. */
function cardArguments(
  index: number,
  { id, mac }: { readonly id: string; readonly mac: string },
  card: CardModel,
  cable: string,
): string[] {
  const slot = `pcie-root-port,id=slot${index},bus=pcie.0,addr=${index + 2},chassis=${index + 1}`;
  const netdev = `${cable},id=cable${index}`;
  return [
    '-device',
    slot,
    '-netdev',
    netdev,
    '-device',
    `${card},id=${id},bus=slot${index},netdev=cable${index},mac=${mac},romfile=`,
  ];
}

/**
 * What the kernel does not know it gives its first process as environment. It must not check its timer: on a busy host that
 * check can take longer than the kernel has patience for.
 */
function kernelArguments(): string {
  const kernel = [
    'console=ttyS0',
    'quiet',
    'panic=-1',
    'intel_iommu=on',
    'no_timer_check',
    'mitigations=off',
    'random.trust_cpu=on',
  ];
  const init = [`NODE="${process.execPath}"`, `CHECKOUT="${CHECKOUT}"`, `AGENT="${AGENT}"`, `HUGE_PAGES=${HUGE_PAGES}`];
  return [...kernel, ...init].join(' ');
}
