import type { Command as Program } from 'commander';
import { InvalidArgumentError } from 'commander';
import { inject, injectable } from 'inversify';
import type { LunettaStack, PingResult } from 'lunetta';
import { Output } from '../output.js';
import { PingStatistics } from '../ping-statistics.js';
import { addStackFlags, wholeNumber, type StackFlags } from '../stack-flags.js';
import { StackRunner, type RunEnd } from '../stack-runner.js';
import type { Command } from './command.js';

interface PingFlags extends StackFlags {
  readonly count?: number;
  readonly interval: number;
  readonly size: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `lunetta ping`: ICMP echo requests through our own stack. */
@injectable()
export class PingCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('ping').argument('<address>', 'whom to ping'))
      .description('sends ICMP echo requests through our stack; exit code 0 if at least one was answered')
      .option('-c, --count <n>', 'how many (default: until Ctrl-C)', wholeNumber)
      .option('-i, --interval <seconds>', 'time between two', seconds, 1)
      .option('-s, --size <bytes>', 'bytes of data in each', wholeNumber, 56)
      .option('-W, --timeout <seconds>', 'how long to wait for a reply', seconds, 1)
      .option('--json', 'one JSON object a line instead')
      .action((address: string, flags: PingFlags) => finish(this.run(address, flags)));
  }

  private run(address: string, flags: PingFlags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      const statistics = new PingStatistics();
      const ended = await this.pingAll(stack, address, flags, statistics, end);
      if (flags.json === true) this.output.json({ event: 'summary', address, ...statistics.summary });
      else this.output.line(statistics.text);
      if (ended !== undefined && 'gone' in ended) return this.runner.untilEnd(end);
      return statistics.summary.received > 0 ? 0 : 1;
    });
  }

  /** Pings until all are done or the run ends; then how it ended. */
  private async pingAll(
    stack: LunettaStack,
    address: string,
    { count = Infinity, interval, size, timeout, json }: PingFlags,
    statistics: PingStatistics,
    end: Promise<RunEnd>,
  ): Promise<RunEnd | undefined> {
    for (let sequence = 1; sequence <= count; sequence++) {
      const next = sequence < count ? performance.now() + interval * 1000 : 0;
      const answer = await Promise.race([stack.ping(address, { size, timeoutMs: timeout * 1000 }), end]);
      if (isEnd(answer)) return answer;
      statistics.add(answer);
      if (json === true) this.output.json({ event: 'ping', address, sequence, ...answer });
      else this.output.line(resultText(address, sequence, answer));
      const ended = await Promise.race([sleepUntil(next), end]);
      if (ended !== undefined) return ended;
    }
    return undefined;
  }
}

function isEnd(answer: PingResult | RunEnd): answer is RunEnd {
  return 'signal' in answer || 'gone' in answer;
}

function resultText(address: string, sequence: number, result: PingResult): string {
  if (result.error !== undefined) return `${address}: seq=${sequence} ${result.error}`;
  return `${result.size} bytes from ${address}: seq=${sequence} ttl=${result.ttl} time=${(result.rttUs / 1000).toFixed(3)} ms`;
}

function sleepUntil(timeMs: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, timeMs - performance.now()), undefined));
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(text !== '' && value > 0 && value <= 86_400)) {
    throw new InvalidArgumentError('It must be a number of seconds, more than 0.');
  }
  return value;
}
