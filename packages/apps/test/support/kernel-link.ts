import type { Netns } from '@lunetta/testkit/jest';

/** Where our stack and the Linux kernel of a namespace meet: the words for `lunetta`, and what the kernel is told. */
export interface KernelLink {
  readonly driver: string;
  readonly device: string;
  /** The kernel's interface that the driver has open. */
  readonly ownDevice: string;
  /** Before `lunetta` starts. */
  readonly prepare?: (netns: Netns) => void;
  /** Once it runs. */
  readonly connect?: (netns: Netns) => void;
  /** The devices in the namespace when it has ended. */
  readonly left: readonly string[];
}

export const STACK = '10.99.0.2';
const HOST = '10.99.0.1/24';

function connect(netns: Netns, device: string): void {
  netns.ip('addr', 'add', HOST, 'dev', device);
  netns.ip('link', 'set', device, 'up');
}

/** The driver for TAP sets up the kernel's side, too. */
export const TAP: KernelLink = { driver: 'tap', device: 'lun0', ownDevice: 'lun0', left: ['lo'] };

/** A TAP device that DPDK makes. */
export const NET_TAP: KernelLink = {
  driver: 'dpdk',
  device: 'net_tap0,iface=lun0',
  ownDevice: 'lun0',
  connect: (netns) => connect(netns, 'lun0'),
  left: ['lo'],
};

/** One end of a veth pair, opened by this driver of DPDK. */
function onVeth(driver: string): KernelLink {
  return {
    driver: 'dpdk',
    device: `${driver}0,iface=own0`,
    ownDevice: 'own0',
    prepare: (netns) => {
      netns.ip('link', 'add', 'own0', 'type', 'veth', 'peer', 'name', 'far0');
      netns.ip('link', 'set', 'own0', 'up');
      netns.exec('ethtool', '-K', 'far0', 'tx', 'off'); // a kernel leaves checksums on veth unfinished
    },
    connect: (netns) => connect(netns, 'far0'),
    left: ['lo', 'far0', 'own0'],
  };
}

export const NET_AF_PACKET = onVeth('net_af_packet');
export const NET_AF_XDP = onVeth('net_af_xdp');

/** As the device is called without its arguments. */
export function nameOf({ driver, device }: KernelLink): string {
  return `${driver}:${device.split(',', 1)[0]}`;
}
