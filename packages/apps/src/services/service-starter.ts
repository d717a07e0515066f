import { inject, injectable } from 'inversify';
import type { LunettaStack } from 'lunetta';
import { UdpDiscard } from './udp-discard.js';
import { UdpEcho } from './udp-echo.js';

/** What a stack can serve beside its main job. */
export const SERVICES = ['echo', 'services'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Starts the services of a name. */
@injectable()
export class ServiceStarter {
  constructor(
    @inject(UdpEcho) private readonly echo: UdpEcho,
    @inject(UdpDiscard) private readonly discard: UdpDiscard,
  ) {}

  start(name: ServiceName, stack: LunettaStack): void {
    this.echo.start(stack);
    if (name === 'services') this.discard.start(stack);
  }
}
