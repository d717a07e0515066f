import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { ipv4Address, type LunettaStack } from 'lunetta';
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
        'echo, discard, chargen, HTTP on TCP; echo and discard on UDP, until SIGINT or SIGTERM; SIGUSR2 prints counters',
      )
      .action((flags: StackFlags) => finish(this.run(flags)));
  }

  private run(flags: StackFlags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      this.services.start('services', stack);
      process.on('SIGUSR2', () => this.printCounters(stack));
      for (const { ipv4, port } of stack.interfaces) {
        this.output.line(`ready ${ipv4Address.format(ipv4.primary)} on ${port.driver}:${port.device}`);
      }
      return this.runner.untilEnd(end);
    });
  }

  private printCounters(stack: LunettaStack): void {
    this.output.json({ services: this.services.counters, ...stack.counters() });
  }
}
