import {
  LunettaError,
  TOKENS,
  interfaceModule,
  macAddress,
  type Clock,
  type InterfaceOptions,
  type LinkPort,
  type LinkRequest,
} from '@lunetta/core';
import { Container } from 'inversify';
import type { InterfaceConfig } from '../config/config-schema.js';
import { bindDriver, checkOptions } from '../driver/load-driver.js';
import type { InterfaceTime } from './host-time.js';

/** Where an interface's configuration stands. */
export interface InterfacePlace {
  /** The file, or what else the configuration is. */
  readonly source: string;
  /** The folder from which its driver is looked for. */
  readonly from: string;
  /** Its number in the configuration. */
  readonly index: number;
}

/** An interface that can be opened. */
export interface PreparedInterface extends InterfaceTime {
  /** Its container, a child of the stack's. */
  readonly container: Container;
}

/**
 * Makes the container of one interface, in which its driver and its options are bound. No device is opened yet.
 *
 * @throws LunettaError (rejects) if the driver cannot be loaded or refuses the options
 */
export async function prepareInterface(
  root: Container,
  config: InterfaceConfig,
  { source, from, index }: InterfacePlace,
): Promise<PreparedInterface> {
  const child = new Container({ parent: root });
  const driver = await bindDriver(child, config.driver, from, `${source}: interfaces[${index}].driver`);
  const options = await checkOptions(driver, config.options ?? {}, source, ['interfaces', index, 'options']);
  const hardwareAddress = config.mac === undefined ? undefined : macAddress.parse(config.mac);
  const { name, addresses, gateway, mtu, probe, mode } = config;
  child.bind<unknown>(TOKENS.LinkOptions).toConstantValue(options);
  child
    .bind<LinkRequest>(TOKENS.LinkRequest)
    .toResolvedValue((clock: Clock) => ({ interfaceName: name, hardwareAddress, mtu, clock }), [TOKENS.Clock]);
  child
    .bind<InterfaceOptions>(TOKENS.InterfaceOptions)
    .toConstantValue({ name, addresses, gateway, hardwareAddress, mtu, probe, mode });
  child.load(interfaceModule);
  return { name, factor: driver.timeFactor?.(options), container: child };
}

/** Makes the port that the stack gets of the one that a driver has opened; it owns that one. */
export type WrapPort = (port: LinkPort, interfaceName: string, clock: Clock) => LinkPort;

/**
 * Opens the device of a prepared interface.
 *
 * @throws LunettaError (rejects)
 */
export async function openPort({ name, container }: PreparedInterface, wrap?: WrapPort): Promise<LinkPort> {
  try {
    const port = await container.getAsync<LinkPort>(TOKENS.LinkPort);
    if (wrap === undefined) return port;
    const wrapped = await wrapOrClose(port, () => wrap(port, name, container.get<Clock>(TOKENS.Clock)));
    container.rebind<LinkPort>(TOKENS.LinkPort).toConstantValue(wrapped);
    return wrapped;
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'LunettaError') throw cause;
    const { message = String(cause) } = cause as Partial<Error>;
    throw new LunettaError('LUNETTA_ERR_DEVICE', `interface '${name}': its driver cannot open: ${message}`, { cause });
  }
}

async function wrapOrClose(port: LinkPort, wrap: () => LinkPort): Promise<LinkPort> {
  try {
    return wrap();
  } catch (error) {
    await port.close();
    throw error;
  }
}
