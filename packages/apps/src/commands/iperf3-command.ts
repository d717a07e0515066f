import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { Iperf3Server } from '../iperf3/iperf3-server.js';
import { IPERF3_PORT } from '../iperf3/protocol.js';
import type { TestReport } from '../iperf3/session.js';
import { Output } from '../output.js';
import { addStackFlags, wholeNumber, type StackFlags } from '../stack-flags.js';
import { StackRunner } from '../stack-runner.js';
import type { Command } from './command.js';

interface Iperf3Flags extends StackFlags {
  readonly port: number;
  readonly json?: boolean;
}

/** `lunetta iperf3`: a server that iperf3 clients measure our TCP with. */
@injectable()
export class Iperf3Command implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(Iperf3Server) private readonly server: Iperf3Server,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('iperf3'))
      .description('a server for iperf3 clients (TCP, also -R, --bidir and -P), until SIGINT or SIGTERM')
      .option('-p, --port <port>', 'where it listens', wholeNumber, IPERF3_PORT)
      .option('--json', 'one JSON object a test instead')
      .action((flags: Iperf3Flags) => finish(this.run(flags)));
  }

  private run(flags: Iperf3Flags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      this.server.start(stack, flags.port, (outcome) => this.report(outcome, flags.json === true));
      for (const { address, port } of stack.interfaces) {
        this.output.line(
          `iperf3 server on ${address} port ${flags.port} (${port.driver}:${port.device}); Ctrl-C ends it`,
        );
      }
      return this.runner.untilEnd(end);
    });
  }

  private report(outcome: TestReport | Error, isJson: boolean): void {
    if (isJson) return this.output.json(outcome instanceof Error ? { error: outcome.message } : { ...outcome });
    if (outcome instanceof Error) return this.output.problem(`iperf3: ${outcome.message}`);
    for (const { id, bytes, retransmits, seconds } of outcome.streams) {
      const rate = seconds > 0 ? ((bytes * 8) / seconds / 1e6).toFixed(1) : '0';
      const way = outcome.isReverse ? 'to' : 'from';
      const resent = outcome.isReverse ? `, ${retransmits} segments sent again` : '';
      this.output.line(
        `[${id}] ${way} ${outcome.peer}: ${bytes} bytes in ${seconds.toFixed(2)} s, ${rate} Mbit/s${resent}`,
      );
    }
  }
}
