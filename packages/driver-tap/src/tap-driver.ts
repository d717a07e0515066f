import {
  LINK_API_VERSION,
  LunettaError,
  type LinkDiagnosis,
  type LinkDriver,
  type LinkRequest,
  stockFor,
  txCapacityFor,
} from '@lunetta/core';
import { loadAddon, type NativeConfig } from './addon.js';
import { diagnose } from './diagnosis.js';
import { openError } from './open-error.js';
import { deviceNameProblem, tapOptionsSchema, type TapOptions } from './tap-options.js';
import { TapPort } from './tap-port.js';

/** IPv4's smallest (RFC 791 section 3.2), and the largest that Linux lets a TAP device have (65,535 - 14). */
const MTU_RANGE = { min: 68, max: 65_521 };

/** Opens Linux TAP devices: an Ethernet whose other end is the kernel of this machine. */
export class TapDriver implements LinkDriver<TapOptions> {
  readonly name = 'tap';
  readonly apiVersion = LINK_API_VERSION;
  readonly optionsSchema = tapOptionsSchema;

  /** @param platform Node's name of the operating system */
  constructor(private readonly platform: string = process.platform) {}

  /**
   * Attaches to the device, or creates it. The `hardwareAddress` asked for needs no setting: a TAP device filters none.
   *
   * @throws LunettaError (rejects) LUNETTA_ERR_PLATFORM, _PERMISSION, _DEVICE, _DEVICE_BUSY, _DEVICE_NAME, _CONFIG or
   * _ADDON_NOT_BUILT
   */
  async open(options: TapOptions, request: LinkRequest): Promise<TapPort> {
    this.checkPlatform(request);
    checkName(options.device, request);
    checkMtu(request);
    const { TapPort: NativeTapPort } = loadAddon();
    const config = nativeConfig(options, request);
    try {
      return new TapPort(new NativeTapPort(config), config);
    } catch (failure) {
      throw openError(failure, request.interfaceName, config);
    }
  }

  diagnose(): Promise<LinkDiagnosis> {
    const options = tapOptionsSchema.parse({ device: `lundoc${process.pid}` });
    return diagnose(this.platform, () => this.open(options, { interfaceName: 'doctor' }));
  }

  private checkPlatform({ interfaceName }: LinkRequest): void {
    if (this.platform === 'linux') return;
    throw new LunettaError(
      'LUNETTA_ERR_PLATFORM',
      `interface ${interfaceName}, driver tap: TAP devices are Linux's, and this is ${this.platform}. ` +
        'Run it in a Linux container, or choose another driver (pcap and the memory link run anywhere)',
    );
  }
}

function checkName(device: string, { interfaceName }: LinkRequest): void {
  const problem = deviceNameProblem(device);
  if (problem === undefined) return;
  throw new LunettaError(
    'LUNETTA_ERR_DEVICE_NAME',
    `interface ${interfaceName}, driver tap: the device name ${JSON.stringify(device)} ${problem}. Change options.device`,
  );
}

function checkMtu({ interfaceName, mtu }: LinkRequest): void {
  if (mtu === undefined || (Number.isInteger(mtu) && mtu >= MTU_RANGE.min && mtu <= MTU_RANGE.max)) return;
  throw new LunettaError(
    'LUNETTA_ERR_CONFIG',
    `interface ${interfaceName}, driver tap: an mtu of ${mtu} is not possible; ` +
      `a TAP device takes ${MTU_RANGE.min} to ${MTU_RANGE.max}. Change the interface's mtu`,
  );
}

function nativeConfig(options: TapOptions, { mtu }: LinkRequest): NativeConfig {
  const [address, prefix] = options.hostAddress?.split('/') ?? [];
  return {
    device: options.device,
    netns: options.netns ?? '',
    persist: options.persist,
    up: options.up,
    buffers: options.buffers,
    burst: options.burst,
    txCapacity: txCapacityFor(options.burst, options.buffers),
    stockCapacity: stockFor(options.buffers),
    poison: options.poison,
    offloads: options.offloads,
    ...(mtu === undefined ? {} : { mtu }),
    ...(address === undefined ? {} : { hostAddress: address, hostPrefix: Number(prefix) }),
  };
}
