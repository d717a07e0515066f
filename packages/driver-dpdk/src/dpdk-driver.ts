import {
  LINK_API_VERSION,
  LunettaError,
  type LinkDevice,
  type LinkDiagnosis,
  type LinkDriver,
  type LinkPort,
  type LinkRequest,
  stockFor,
  txCapacityFor,
} from '@lunetta/core';
import { loadAddon, type DpdkAddon, type NativeConfig } from './addon.js';
import { cardsForDpdk, diagnose } from './diagnosis.js';
import { dpdkOptionsSchema, fullPciAddress, isPciAddress, type DpdkOptions } from './dpdk-options.js';
import { DpdkPort } from './dpdk-port.js';
import { ealArguments } from './eal-arguments.js';
import { openError } from './open-error.js';

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
   * The Ethernet devices that DPDK sees: those named, else the network cards that are bound to a driver for DPDK; and
   * those that are open. Cards are looked at and not opened. Starts DPDK if it does not yet run in this process.
   */
  async devices(names: readonly string[]): Promise<LinkDevice[]> {
    const asked = (names.length > 0 ? names : cardsForDpdk()).map(checkDevice);
    const cards = asked.filter(isPciAddress);
    const virtual = asked.filter((device) => !isPciAddress(device));
    const open: LinkPort[] = [];
    try {
      for (const device of virtual) {
        const options = dpdkOptionsSchema.parse({ device, eal: { devices: cards } });
        open.push(await this.open(options, { interfaceName: device }));
      }
      return this.knownDevices(cards);
    } finally {
      await Promise.all(open.map((port) => port.close()));
    }
  }

  private knownDevices(cards: readonly string[]): LinkDevice[] {
    const addon = loadAddon();
    const [device, ...more] = cards;
    if (device === undefined) return addon.ealArguments() === undefined ? [] : addon.devices();
    const options = dpdkOptionsSchema.parse({ device, eal: { devices: more } });
    try {
      addon.startEal(ealArguments(options));
      return addon.devices();
    } catch (failure) {
      throw openError(failure, device, nativeConfig(options, { interfaceName: device }, addon));
    }
  }

  diagnose(): Promise<LinkDiagnosis> {
    const options = dpdkOptionsSchema.parse({ device: `net_null_doctor${process.pid}` });
    return diagnose(() => this.open(options, { interfaceName: 'doctor' }));
  }
}

/** The device's name, if it can be one. */
function checkDevice(device: string): string {
  const { error } = dpdkOptionsSchema.safeParse({ device });
  if (error === undefined) return device;
  throw new LunettaError('LUNETTA_ERR_CONFIG', `driver dpdk: the device '${device}' ${error.issues[0].message}`);
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
    txCapacity: txCapacityFor(burst, options.buffers),
    stockCapacity: stockFor(options.buffers),
    memory: options.memory ?? '',
    promiscuous: options.promiscuous,
    allMulticast: options.allMulticast,
    rxOffloads: options.rxOffloads,
    txOffloads: options.txOffloads,
    tso: options.tso && options.frames === 'native', // of a given memory the size is known before the device
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
