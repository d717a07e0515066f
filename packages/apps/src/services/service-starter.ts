import { inject, injectable } from 'inversify';
import type { LunettaStack } from 'lunetta';
import { HttpServer } from './http-server.js';
import { TcpChargen } from './tcp-chargen.js';
import { TcpDiscard } from './tcp-discard.js';
import { TcpEcho } from './tcp-echo.js';
import { TcpGoodbye } from './tcp-goodbye.js';
import { UdpCaller } from './udp-caller.js';
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
    @inject(UdpCaller) private readonly caller: UdpCaller,
    @inject(TcpEcho) private readonly tcpEcho: TcpEcho,
    @inject(TcpDiscard) private readonly tcpDiscard: TcpDiscard,
    @inject(TcpChargen) private readonly chargen: TcpChargen,
    @inject(TcpGoodbye) private readonly goodbye: TcpGoodbye,
    @inject(HttpServer) private readonly http: HttpServer,
  ) {}

  start(name: ServiceName, stack: LunettaStack): void {
    this.echo.start(stack);
    if (name !== 'services') return;
    const { discard, caller, tcpEcho, tcpDiscard, chargen, goodbye, http } = this;
    for (const service of [discard, caller, tcpEcho, tcpDiscard, chargen, goodbye, http]) service.start(stack);
  }

  /** What each service has counted, by its name. */
  get counters() {
    return {
      echo: this.echo.counters,
      discard: this.discard.counters,
      caller: this.caller.counters,
      tcpEcho: this.tcpEcho.counters,
      tcpDiscard: this.tcpDiscard.counters,
      tcpChargen: this.chargen.counters,
      http: this.http.counters,
    };
  }
}
