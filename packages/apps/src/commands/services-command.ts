import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { ipv4Address, type LunettaStack } from 'lunetta';
import { Output } from '../output.js';
import { UdpDiscard } from '../services/udp-discard.js';
import { UdpEcho } from '../services/udp-echo.js';
import { addStackFlags, type StackFlags } from '../stack-flags.js';
import { StackRunner } from '../stack-runner.js';
import type { Command } from './command.js';

/** `lunetta services`: the services that checks and benchmarks talk to. */
@injectable()
export class ServicesCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(UdpEcho) private readonly echo: UdpEcho,
    @inject(UdpDiscard) private readonly discard: UdpDiscard,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('services'))
      .description('echo (UDP 7) and discard (UDP 9), until SIGINT or SIGTERM; SIGUSR2 prints the counters as JSON')
      .action((flags: StackFlags) => finish(this.run(flags)));
  }

  private run(flags: StackFlags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      this.echo.start(stack);
      this.discard.start(stack);
      process.on('SIGUSR2', () => this.printCounters(stack));
      for (const { ipv4, port } of stack.interfaces) {
        this.output.line(`ready ${ipv4Address.format(ipv4.primary)} on ${port.driver}:${port.device}`);
      }
      return this.runner.untilEnd(end);
    });
  }

  private printCounters(stack: LunettaStack): void {
    const services = { echo: this.echo.counters, discard: this.discard.counters };
    this.output.json({ services, ...stack.counters() });
  }
}
