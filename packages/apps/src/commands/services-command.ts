import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { ipv4Address, type LunettaStack, type NetworkInterface } from 'lunetta';
import { Output } from '../output.js';
import { ServiceStarter } from '../services/service-starter.js';
import { addStackFlags, type StackFlags } from '../stack-flags.js';
import { StackRunner } from '../stack-runner.js';
import type { Command } from './command.js';

/** `lunetta services`: the services that checks and benchmarks talk to. */
@injectable()
export class ServicesCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(ServiceStarter) private readonly services: ServiceStarter,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('services'))
      .description(
        'echo, discard, chargen, HTTP on TCP; echo and discard on UDP, until SIGINT or SIGTERM; SIGUSR2 prints counters, neighbours, groups',
      )
      .action((flags: StackFlags) => finish(this.run(flags)));
  }

  private run(flags: StackFlags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      this.services.start('services', stack);
      process.on('SIGUSR2', () => this.printCounters(stack));
      for (const iface of stack.interfaces) {
        if (iface.ipv4.primary !== ipv4Address.ANY) this.sayReady(iface, ipv4Address.format(iface.ipv4.primary));
      }
      stack.on('usable', (iface, address) => this.sayReady(iface, address)); // where addresses are probed first
      return this.runner.untilEnd(end);
    });
  }

  private sayReady({ port }: NetworkInterface, address: string): void {
    this.output.line(`ready ${address} on ${port.driver}:${port.device}`);
  }

  private printCounters(stack: LunettaStack): void {
    const [neighbours, groups] = [stack.neighbours.list(), stack.groups()];
    this.output.json({ services: this.services.counters, ...stack.counters(), neighbours, groups });
  }
}
