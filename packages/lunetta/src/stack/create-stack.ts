import {
  LunettaError,
  TOKENS,
  stackModule,
  type Clock,
  type LinkPort,
  type Random,
  type Scheduler,
  type Stack,
  type StackSettings,
} from '@lunetta/core';
import { Container } from 'inversify';
import type { LunettaConfig, VlanConfig } from '../config/config-schema.js';
import { checkConfig, readConfigFile, type ReadConfig } from '../config/read-config.js';
import { tuneEngine } from '../node/engine.js';
import { chooseHost, type NodeHost } from './host-time.js';
import { LunettaStack } from './lunetta-stack.js';
import { openPort, prepareInterface, type PreparedInterface, type WrapPort } from './open-interface.js';

/** What {@link createStack} can be told beside the configuration. */
export interface CreateStackOptions {
  /**
   * The folder from which drivers are looked for; default: that of the configuration file, or else the working
   * directory.
   */
  readonly from?: string | undefined;
  /** What the configuration is called in messages; default: the file's path, or `configuration`. */
  readonly source?: string | undefined;
  /** Puts a wrapper around each port before the stack gets it, such as one that captures; `clock` is the stack's. */
  readonly wrapPort?: WrapPort | undefined;
}

/**
 * Makes a stack and opens its interfaces.
 *
 * Every driver is loaded and all options are checked before the first device is opened; if a device cannot be opened,
 * those before it are closed again.
 *
 * @param config the configuration, or the path of a file that holds it as JSON
 * @throws LunettaError (rejects) with what is wrong, where, and what mends it
 */
export async function createStack(
  config: LunettaConfig | string,
  options: CreateStackOptions = {},
): Promise<LunettaStack> {
  const { config: checked, source, from } = read(config, options);
  tuneEngine();
  const root = new Container();
  const prepared: PreparedInterface[] = [];
  for (const [index, iface] of checked.interfaces.entries()) {
    prepared.push(await prepareInterface(root, iface, { source, from, index }));
  }
  const host = chooseHost(prepared, checked.seed, source);
  bindStack(root, checked.settings ?? {}, host);
  const ports: LinkPort[] = [];
  let stack: LunettaStack | undefined;
  try {
    for (const iface of prepared) ports.push(await openPort(iface, options.wrapPort));
    host.begin(beginningOf(ports));
    stack = new LunettaStack(root.get<Stack>(TOKENS.Stack), host.scheduler);
    for (const { container } of prepared) await container.getAsync(TOKENS.NetworkInterface);
    for (const vlan of checked.vlans ?? []) addVlan(stack, vlan, source);
    for (const route of checked.routes ?? []) stack.routes.add(route);
    for (const { mac, ...at } of checked.neighbours ?? []) stack.neighbours.add({ ...at, hardwareAddress: mac });
    return stack;
  } catch (error) {
    await stack?.close();
    for (const port of ports) await port.close();
    throw error;
  }
}

function read(config: LunettaConfig | string, options: CreateStackOptions): ReadConfig {
  if (typeof config === 'string') {
    const file = readConfigFile(config);
    return { ...file, from: options.from ?? file.from };
  }
  const { source = 'configuration', from = process.cwd() } = options;
  return { config: checkConfig(config, source), source, from };
}

/** @throws LunettaError if there is no such parent */
function addVlan(stack: LunettaStack, { parent: name, ...options }: VlanConfig, source: string): void {
  const parent = stack.interfaces.find((iface) => iface.name === name);
  if (parent === undefined) {
    throw new LunettaError(
      'LUNETTA_ERR_CONFIG',
      `${source}: vlans: '${options.name}' has no parent '${name}' before it`,
    );
  }
  stack.addVlan(parent, options);
}

/** Binds the stack and what it needs in its container; those of the interfaces are its children. */
function bindStack(root: Container, settings: StackSettings, { clock, scheduler, random }: NodeHost): void {
  root.bind<Clock>(TOKENS.Clock).toConstantValue(clock);
  root.bind<Scheduler>(TOKENS.Scheduler).toConstantValue(scheduler);
  root.bind<Random>(TOKENS.Random).toConstantValue(random);
  root.bind<StackSettings>(TOKENS.StackSettings).toConstantValue(settings);
  root.load(stackModule);
}

/**
 * Just before the first frame of the captures that are replayed, so that sockets can be opened before it comes; 0 if
 * there is none.
 */
function beginningOf(ports: readonly LinkPort[]): number {
  const first = Math.min(...ports.map((port) => port.queue(0).nextFrameAt?.() ?? Infinity));
  return first < Infinity ? first - 1 : 0;
}
