import { TOKENS, stackModule, type Clock, type Random, type Stack, type StackSettings } from '@lunetta/core';
import { Container } from 'inversify';
import type { LunettaConfig } from '../config/config-schema.js';
import { checkConfig, readConfigFile, type ReadConfig } from '../config/read-config.js';
import { tuneEngine } from '../node/engine.js';
import { NodeClock } from '../node/node-clock.js';
import { NodeRandom } from '../node/node-random.js';
import { NodeScheduler } from '../node/node-scheduler.js';
import { LunettaStack } from './lunetta-stack.js';
import { openInterface, prepareInterface } from './open-interface.js';

/** What {@link createStack} can be told beside the configuration. */
export interface CreateStackOptions {
  /**
   * The folder from which drivers are looked for; default: that of the configuration file, or else the working
   * directory.
   */
  readonly from?: string | undefined;
  /** What the configuration is called in messages; default: the file's path, or `configuration`. */
  readonly source?: string | undefined;
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
  const scheduler = new NodeScheduler();
  const root = stackContainer(checked.settings ?? {}, scheduler);
  const children: Container[] = [];
  for (const [index, iface] of checked.interfaces.entries()) {
    children.push(await prepareInterface(root, iface, { source, from, index }));
  }
  const stack = new LunettaStack(root.get<Stack>(TOKENS.Stack), scheduler);
  try {
    for (const child of children) await openInterface(child);
  } catch (error) {
    await stack.close();
    throw error;
  }
  return stack;
}

function read(config: LunettaConfig | string, options: CreateStackOptions): ReadConfig {
  if (typeof config === 'string') {
    const file = readConfigFile(config);
    return { ...file, from: options.from ?? file.from };
  }
  const { source = 'configuration', from = process.cwd() } = options;
  return { config: checkConfig(config, source), source, from };
}

/** The stack's own container; those of the interfaces are its children. */
function stackContainer(settings: StackSettings, scheduler: NodeScheduler): Container {
  const root = new Container();
  root.bind<Clock>(TOKENS.Clock).toConstantValue(new NodeClock());
  root.bind(TOKENS.Scheduler).toConstantValue(scheduler);
  root.bind<Random>(TOKENS.Random).toConstantValue(new NodeRandom());
  root.bind<StackSettings>(TOKENS.StackSettings).toConstantValue(settings);
  root.load(stackModule);
  return root;
}
