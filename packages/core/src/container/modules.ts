import 'reflect-metadata';
import { ContainerModule } from 'inversify';
import type { LinkDriver, LinkPort, LinkRequest } from '../link/link-driver.js';
import type { InterfaceOptions } from '../stack/interface-options.js';
import type { NetworkInterface } from '../stack/network-interface.js';
import type { StackSettings } from '../stack/stack-settings.js';
import { Stack } from '../stack/stack.js';
import type { Clock, Random, Scheduler } from '../time/host.js';
import { TOKENS } from './tokens.js';

/** Binds the stack, out of `Clock`, `Scheduler`, `Random` and `StackSettings` bound beside it. */
export const stackModule = new ContainerModule(({ bind }) => {
  bind<Stack>(TOKENS.Stack)
    .toResolvedValue(
      (clock: Clock, scheduler: Scheduler, random: Random, settings: StackSettings) =>
        new Stack({ clock, scheduler, random }, settings),
      [TOKENS.Clock, TOKENS.Scheduler, TOKENS.Random, TOKENS.StackSettings],
    )
    .inSingletonScope();
});

/**
 * For an interface's child container, beside its driver's module: binds its port, opened by `LinkDriver` with
 * `LinkOptions` and `LinkRequest`, and the interface of the stack on it, made with `InterfaceOptions`. Both are promises:
 * get them with `getAsync`.
 */
export const interfaceModule = new ContainerModule(({ bind }) => {
  bind<LinkPort>(TOKENS.LinkPort)
    .toResolvedValue(
      (driver: LinkDriver, options: unknown, request: LinkRequest) => driver.open(options, request),
      [TOKENS.LinkDriver, TOKENS.LinkOptions, TOKENS.LinkRequest],
    )
    .inSingletonScope();
  bind<NetworkInterface>(TOKENS.NetworkInterface)
    .toResolvedValue(
      (stack: Stack, port: LinkPort, options: InterfaceOptions) => stack.addInterface(port, options),
      [TOKENS.Stack, TOKENS.LinkPort, TOKENS.InterfaceOptions],
    )
    .inSingletonScope();
});
