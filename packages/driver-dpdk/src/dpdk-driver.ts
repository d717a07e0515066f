import { LINK_API_VERSION, LunettaError, type LinkDiagnosis, type LinkDriver, type LinkRequest } from '@lunetta/core';
import { loadAddon, type DpdkAddon, type DpdkDevice, type NativeConfig } from './addon.js';
import { diagnose } from './diagnosis.js';
import { dpdkOptionsSchema, fullPciAddress, isPciAddress, type DpdkOptions } from './dpdk-options.js';
import { DpdkPort } from './dpdk-port.js';
import { ealArguments } from './eal-arguments.js';
import { openError } from './open-error.js';

/** Empty buffers offered to the stack: as many frames as it may start itself between two polls. */
const STOCK = 64;
/** Segments that one poll can send: an answer in two segments to each frame of a burst, and the stock. */
const txCapacityFor = (burst: number): number => 2 * burst + STOCK;
const WASM_PAGE = 65_536;
const DEFAULT_MTU = 1500;
/** IPv4's smallest (RFC 791 section 3.2), and the most that any device of DPDK says. */
const MTU_RANGE = { min: 68, max: 65_535 };

/** Opens devices of DPDK: network cards past the kernel, and DPDK's virtual devices. */
export class DpdkDriver implements LinkDriver<DpdkOptions> {
  readonly name = 'dpdk';
  readonly apiVersion = LINK_API_VERSION;
  readonly optionsSchema = dpdkOptionsSchema;

  /**
   * Opens the device; starts DPDK if it does not yet run in this process.
   *
   * @throws LunettaError (rejects) LUNETTA_ERR_PLATFORM, _PERMISSION, _DEVICE, _DEVICE_BUSY, _CONFIG or _ADDON_NOT_BUILT
   */
  async open(options: DpdkOptions, request: LinkRequest): Promise<DpdkPort> {
    checkMtu(request);
    const addon = loadAddon();
    const config = nativeConfig(options, request, addon);
    try {
      addon.startEal(ealArguments(options));
      return new DpdkPort(new addon.DpdkPort(config), config);
    } catch (failure) {
      throw openError(failure, request.interfaceName, config);
    }
  }

  /**
   * The Ethernet devices that DPDK sees in this process, starting it if need be: those that are open, and the PCI devices
   * that `options.eal` allows.
   *
   * @throws LunettaError LUNETTA_ERR_PLATFORM or _ADDON_NOT_BUILT
   */
  devices(options: DpdkOptions): DpdkDevice[] {
    const addon = loadAddon();
    try {
      addon.startEal(ealArguments(options));
      return addon.devices();
    } catch (failure) {
      throw openError(failure, options.device, nativeConfig(options, { interfaceName: options.device }, addon));
    }
  }

  diagnose(): Promise<LinkDiagnosis> {
    const options = dpdkOptionsSchema.parse({ device: `net_null_doctor${process.pid}` });
    return diagnose(() => this.open(options, { interfaceName: 'doctor' }));
  }
}

function checkMtu({ interfaceName, mtu }: LinkRequest): void {
  if (mtu === undefined || (Number.isInteger(mtu) && mtu >= MTU_RANGE.min && mtu <= MTU_RANGE.max)) return;
  throw new LunettaError(
    'LUNETTA_ERR_CONFIG',
    `interface ${interfaceName}, driver dpdk: an mtu of ${mtu} is not possible; a device takes ${MTU_RANGE.min} to ` +
      `${MTU_RANGE.max}. Change the interface's mtu`,
  );
}

function nativeConfig(options: DpdkOptions, { mtu, hardwareAddress }: LinkRequest, addon: DpdkAddon): NativeConfig {
  const { device, rss, burst, queue } = options;
  const isPci = isPciAddress(device);
  const comma = isPci ? -1 : device.indexOf(',');
  return {
    bus: isPci ? 'pci' : 'vdev',
    name: isPci ? fullPciAddress(device) : comma < 0 ? device : device.slice(0, comma),
    arguments: comma < 0 ? '' : device.slice(comma + 1),
    netns: options.netns ?? '',
    queues: options.queues,
    rxDescriptors: options.rxDescriptors,
    txDescriptors: options.txDescriptors,
    buffers: options.buffers,
    burst,
    txCapacity: txCapacityFor(burst),
    stockCapacity: STOCK,
    memory: options.memory ?? '',
    promiscuous: options.promiscuous,
    allMulticast: options.allMulticast,
    rxOffloads: options.rxOffloads,
    txOffloads: options.txOffloads,
    vlanStrip: options.vlanStrip,
    interrupts: options.interrupts,
    rssTypes: rss.types,
    rssKey: Uint8Array.from(Buffer.from(rss.key ?? '', 'hex')),
    rssTable: rss.table,
    poison: options.poison,
    ...(queue === undefined ? {} : { queue }),
    ...(mtu === undefined ? {} : { mtu }),
    // The address of a TAP device is that of the kernel's side: the stack's is another.
    ...(hardwareAddress === undefined || device.startsWith('net_tap') ? {} : { hardwareAddress }),
    ...(options.frames === 'native'
      ? {}
      : { given: wasmMemory(addon.memorySize(options.buffers, mtu ?? DEFAULT_MTU)) }),
  };
}

/** The part of the global `WebAssembly` that is used; neither the language's types nor Node's have it. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (pages: { initial: number; maximum: number; shared: true }) => { buffer: SharedArrayBuffer };
  };
};

/** Bytes that WebAssembly code can work on in place, too. Shared: such a memory cannot be taken away from under DPDK. */
function wasmMemory(bytes: number): Uint8Array {
  const pages = Math.ceil(bytes / WASM_PAGE);
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
}
