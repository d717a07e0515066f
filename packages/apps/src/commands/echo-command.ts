import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import type { LunettaStack } from 'lunetta';
import { EchoReport } from '../echo-report.js';
import { Output } from '../output.js';
import { UdpEcho } from '../services/udp-echo.js';
import { addStackFlags, type StackFlags } from '../stack-flags.js';
import { StackRunner } from '../stack-runner.js';
import type { Command } from './command.js';

/** How often a line is rewritten in place. */
const LIVE_INTERVAL_MS = 200;
/** How often a new line is printed. */
const LINE_INTERVAL_MS = 1000;

interface EchoFlags extends StackFlags {
  readonly json?: boolean;
}

/** `lunetta echo`: the UDP echo server, and what passes through it. */
@injectable()
export class EchoCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(UdpEcho) private readonly echo: UdpEcho,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('echo'))
      .description('a UDP echo server on port 7, with a live line of what passes')
      .option('--json', 'one JSON object a line instead')
      .action((flags: EchoFlags) => finish(this.run(flags)));
  }

  private run(flags: EchoFlags): Promise<number> {
    const isJson = flags.json === true;
    return this.runner.run(flags, async (stack, end) => {
      this.echo.start(stack);
      this.announce(stack, isJson);
      const report = new EchoReport(stack, this.echo);
      const isLive = this.output.isTerminal && !isJson;
      const show = (): void => {
        if (!report.update()) return;
        if (isLive) this.output.liveLine(report.text);
        else if (isJson) this.output.json(report.numbers);
        else this.output.line(report.text);
      };
      const timer = setInterval(show, isLive ? LIVE_INTERVAL_MS : LINE_INTERVAL_MS);
      try {
        return await this.runner.untilEnd(end);
      } finally {
        clearInterval(timer);
        show();
      }
    });
  }

  private announce(stack: LunettaStack, isJson: boolean): void {
    for (const { address, port } of stack.interfaces) {
      const { driver, device } = port;
      if (isJson) this.output.json({ event: 'ready', address, port: 7, driver, device });
      else this.output.line(`UDP echo on ${address} port 7 (${driver}:${device}); Ctrl-C ends it`);
    }
  }
}
