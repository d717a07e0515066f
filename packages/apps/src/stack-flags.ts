import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  LunettaError,
  checkConfig,
  ipv4Address,
  readConfigFile,
  type InterfaceConfig,
  type LunettaConfig,
  type ReadConfig,
  type RunMode,
} from 'lunetta';

/** What the command line says of the stack. */
export interface StackFlags {
  readonly config?: string;
  readonly driver?: string;
  readonly device?: string;
  readonly address?: string;
  readonly gateway?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly mode?: RunMode;
}

const CONFIG_FILE = 'lunetta.config.json';
/** What a configuration is called that is made of flags only. */
const COMMAND_LINE = 'command line';
const INTERFACE_FLAGS: ReadonlySet<string> = new Set(['driver', 'device', 'address', 'gateway', 'mac', 'mtu', 'mode']);
const DEFAULTS = { driver: 'tap', device: 'lun0', address: '10.99.0.2/24' };
/** Flags by the place of their value in the configuration made of them. */
const FLAG_OF: Readonly<Record<string, string>> = {
  'interfaces[0].driver': '--driver',
  'interfaces[0].options.device': '--device',
  'interfaces[0].addresses[0]': '--address',
  'interfaces[0].gateway': '--gateway',
  'interfaces[0].mac': '--mac',
  'interfaces[0].mtu': '--mtu',
};

/** Adds the flags to a command. */
export function addStackFlags(command: Command): Command {
  return command
    .option('--config <file>', `the configuration (default: ${CONFIG_FILE} if it is there)`)
    .option('--driver <name>', 'tap, dpdk, pcap or the name of a package (default: tap)')
    .option('--device <name>', `the device (default: ${DEFAULTS.device})`)
    .option('--address <cidr>', `our address (default: ${DEFAULTS.address})`)
    .option('--gateway <ip>', 'the router')
    .option('--mac <mac>', "our MAC address (default: the device's, or a random one)")
    .option('--mtu <bytes>', "the largest datagram (default: the device's)", wholeNumber)
    .addOption(new Option('--mode <mode>', 'how to wait for frames').choices(['busy', 'adaptive', 'interrupt']));
}

/** For commander: reads a whole number of 0 or more. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/**
 * The configuration that the flags ask for: that of the file, changed by the other flags; or without a file one
 * interface.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG`
 */
export function configOf(flags: StackFlags): ReadConfig {
  const file = flags.config ?? (flags.driver === undefined && existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  if (file === undefined) {
    const config = { interfaces: [interfaceOf(flags)] };
    return { config: checkFlags(config), source: COMMAND_LINE, from: process.cwd() };
  }
  const read = readConfigFile(file);
  return { ...read, config: checkConfig(changedBy(flags, read.config, file), `${file} with the flags`) };
}

/** The error with the flags' names for the places in the configuration that was made of them. */
export function inFlagNames(error: unknown): unknown {
  if (!(error instanceof LunettaError) || !error.message.startsWith(`${COMMAND_LINE}: `)) return error;
  let message = error.message.replace(/^command line: (?=interfaces)/, '');
  for (const [place, flag] of Object.entries(FLAG_OF)) message = message.replaceAll(`${place}: `, `${flag}: `);
  return new LunettaError(error.code, message, { cause: error });
}

function checkFlags(config: unknown): LunettaConfig {
  try {
    return checkConfig(config, COMMAND_LINE);
  } catch (error) {
    throw inFlagNames(error);
  }
}

function interfaceOf(flags: StackFlags): InterfaceConfig {
  const { driver = DEFAULTS.driver, device = DEFAULTS.device, address = DEFAULTS.address } = flags;
  const options = driver === 'tap' ? { device, up: true, ...hostAddress(address) } : { device };
  return { name: device, driver, options, addresses: [address], ...common(flags) };
}

function changedBy(flags: StackFlags, config: LunettaConfig, file: string): LunettaConfig {
  const changes = Object.entries(flags).filter(([flag]) => INTERFACE_FLAGS.has(flag));
  if (changes.length === 0) return config;
  const [first, ...others] = config.interfaces;
  if (first === undefined || others.length > 0) {
    throw new LunettaError(
      'LUNETTA_ERR_CONFIG',
      `${file} has ${config.interfaces.length} interfaces, and flags such as --${changes[0]?.[0]} speak of one. ` +
        'Leave the flags out and change the file',
    );
  }
  const { driver = first.driver, device, address } = flags;
  const kept = driver === first.driver ? first.options : {};
  const options = device === undefined ? kept : { ...kept, device };
  const addresses = address === undefined ? first.addresses : [address];
  return { ...config, interfaces: [{ ...first, driver, options, addresses, ...common(flags) }] };
}

function common({ gateway, mac, mtu, mode }: StackFlags): Partial<InterfaceConfig> {
  return {
    ...(gateway === undefined ? {} : { gateway }),
    ...(mac === undefined ? {} : { mac }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(mode === undefined ? {} : { mode }),
  };
}

/** For a TAP device that we create: the kernel's side gets the first other address of our network. */
function hostAddress(cidr: string): { hostAddress?: string } {
  const own = ipv4Address.parseCidr(cidr);
  if (own === undefined || own.prefixLength < 1 || own.prefixLength === 32) return {};
  const { address, prefixLength } = own;
  if (prefixLength === 31) return { hostAddress: `${ipv4Address.format(address ^ 1)}/31` };
  const first = (address & ipv4Address.mask(prefixLength)) + 1;
  return { hostAddress: `${ipv4Address.format(first === address ? first + 1 : first)}/${prefixLength}` };
}
