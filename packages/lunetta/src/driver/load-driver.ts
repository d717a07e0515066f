import { LINK_API_VERSION, LunettaError, TOKENS, type LinkDriver } from '@lunetta/core';
import { Container, type ContainerModule } from 'inversify';
import { issuesError } from '../config/issues.js';
import { resolveDriver } from './resolve-driver.js';

/**
 * Loads a driver by its name in a configuration.
 *
 * @param from the folder from which its package is looked for; default: the working directory
 * @throws LunettaError (rejects) `LUNETTA_ERR_DRIVER_NOT_FOUND`, `LUNETTA_ERR_DRIVER_INVALID`
 */
export async function loadDriver(name: string, from = process.cwd()): Promise<LinkDriver> {
  return bindDriver(new Container(), name, from, 'driver');
}

/**
 * Loads a driver's module into a container and gets the driver from it.
 *
 * @param place for messages: where the name stands in the configuration
 * @throws LunettaError (rejects) as {@link loadDriver}
 */
export async function bindDriver(container: Container, name: string, from: string, place: string): Promise<LinkDriver> {
  const driverModule = await importModule(resolveDriver(name, from, place), name, place);
  let driver: unknown;
  try {
    container.load(driverModule);
    driver = await container.getAsync(TOKENS.LinkDriver);
  } catch (cause) {
    throw invalid(place, `the linkDriverModule of '${name}' gives no LinkDriver: ${firstLine(cause)}`, cause);
  }
  return checkDriver(driver, name, place);
}

/**
 * Checks the options of an interface by its driver's schema.
 *
 * @returns the options as the driver wants them, defaults filled in
 * @throws LunettaError (rejects) `LUNETTA_ERR_CONFIG` with the place of every wrong one
 */
export async function checkOptions(
  driver: LinkDriver,
  options: unknown,
  source: string,
  base: readonly unknown[],
): Promise<unknown> {
  const result = await driver.optionsSchema['~standard'].validate(options);
  if (result.issues !== undefined) throw issuesError(source, result.issues, base);
  return result.value;
}

async function importModule(url: string, name: string, place: string): Promise<ContainerModule> {
  let exported: { linkDriverModule?: ContainerModule };
  try {
    exported = (await import(url)) as typeof exported;
  } catch (cause) {
    throw invalid(place, `the driver '${name}' cannot be loaded from ${url}: ${firstLine(cause)}`, cause);
  }
  if (exported.linkDriverModule !== undefined) return exported.linkDriverModule;
  throw invalid(
    place,
    `'${name}' (${url}) is no link driver: it exports no linkDriverModule. Name a driver's package, such as tap`,
  );
}

function checkDriver(driver: unknown, name: string, place: string): LinkDriver {
  const { apiVersion, open, optionsSchema } = driver as Partial<LinkDriver>;
  if (apiVersion !== LINK_API_VERSION) {
    throw invalid(
      place,
      `the driver '${name}' is for version ${String(apiVersion)} of the link contract, and this lunetta has version ` +
        `${LINK_API_VERSION}. Install versions of the two that fit`,
    );
  }
  if (typeof open !== 'function' || typeof optionsSchema?.['~standard']?.validate !== 'function') {
    throw invalid(place, `the driver '${name}' has no open() or no optionsSchema; report it to its author`);
  }
  return driver as LinkDriver;
}

function invalid(place: string, what: string, cause?: unknown): LunettaError {
  return new LunettaError('LUNETTA_ERR_DRIVER_INVALID', `${place}: ${what}`, { cause });
}

function firstLine(cause: unknown): string {
  return String((cause as { message?: unknown }).message ?? cause).split('\n', 1)[0];
}
