import {
  LunettaError,
  TOKENS,
  interfaceModule,
  macAddress,
  type InterfaceOptions,
  type LinkPort,
  type LinkRequest,
  type NetworkInterface,
} from '@lunetta/core';
import { Container } from 'inversify';
import type { InterfaceConfig } from '../config/config-schema.js';
import { bindDriver, checkOptions } from '../driver/load-driver.js';

/** Where an interface's configuration stands. */
export interface InterfacePlace {
  /** The file, or what else the configuration is. */
  readonly source: string;
  /** The folder from which its driver is looked for. */
  readonly from: string;
  /** Its number in the configuration. */
  readonly index: number;
}

/**
 * Makes the container of one interface: a child of the stack's, in which its driver and its options are bound. No
 * device is opened yet.
 *
 * @throws LunettaError (rejects) if the driver cannot be loaded or refuses the options
 */
export async function prepareInterface(
  root: Container,
  config: InterfaceConfig,
  { source, from, index }: InterfacePlace,
): Promise<Container> {
  const child = new Container({ parent: root });
  const driver = await bindDriver(child, config.driver, from, `${source}: interfaces[${index}].driver`);
  const options = await checkOptions(driver, config.options ?? {}, source, ['interfaces', index, 'options']);
  const hardwareAddress = config.mac === undefined ? undefined : macAddress.parse(config.mac);
  const { name, addresses, gateway, mtu, mode } = config;
  child.bind<unknown>(TOKENS.LinkOptions).toConstantValue(options);
  child.bind<LinkRequest>(TOKENS.LinkRequest).toConstantValue({ interfaceName: name, hardwareAddress, mtu });
  child
    .bind<InterfaceOptions>(TOKENS.InterfaceOptions)
    .toConstantValue({ name, addresses, gateway, hardwareAddress, mtu, mode });
  child.load(interfaceModule);
  return child;
}

/**
 * Opens the device of a prepared interface and adds the interface to the stack; the stack closes it from then on.
 *
 * @throws LunettaError (rejects); the device is closed again then
 */
export async function openInterface(child: Container): Promise<NetworkInterface> {
  const port = await openPort(child);
  try {
    return await child.getAsync<NetworkInterface>(TOKENS.NetworkInterface);
  } catch (error) {
    await port.close();
    throw error;
  }
}

async function openPort(child: Container): Promise<LinkPort> {
  try {
    return await child.getAsync<LinkPort>(TOKENS.LinkPort);
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'LunettaError') throw cause;
    const { interfaceName } = child.get<LinkRequest>(TOKENS.LinkRequest);
    const { message = String(cause) } = cause as Partial<Error>;
    throw new LunettaError('LUNETTA_ERR_DEVICE', `interface '${interfaceName}': its driver cannot open: ${message}`, {
      cause,
    });
  }
}
