import type { PcapPort } from '@lunetta/driver-pcap';
import { InvalidArgumentError, Option, type Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { createStack, type LunettaConfig, type LunettaStack, type StackCounters } from 'lunetta';
import { keepAlive } from '../keep-alive.js';
import { Output } from '../output.js';
import { ReplayProgress } from '../replay-progress.js';
import { SERVICES, ServiceStarter, type ServiceName } from '../services/service-starter.js';
import { wholeNumber } from '../stack-flags.js';
import type { Command } from './command.js';

interface ReplayFlags {
  readonly out?: string;
  readonly address: string;
  readonly gateway?: string;
  readonly mac?: string;
  readonly seed?: number;
  readonly clock: 'recorded' | 'fast' | number;
  readonly format: string;
  readonly service?: ServiceName;
  readonly json?: boolean;
}

/** `lunetta replay`: runs our stack over a capture and tells what became of it. */
@injectable()
export class ReplayCommand implements Command {
  constructor(
    @inject(ServiceStarter) private readonly services: ServiceStarter,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    program
      .command('replay')
      .argument('<in>', 'the capture that the stack receives, pcap or pcapng; - is stdin')
      .description(
        "runs our stack over a capture, in the capture's time: the same input gives the same output, byte by byte",
      )
      .option('--out <file>', 'the capture of what the stack sends; - is stdout')
      .requiredOption('--address <cidr>', 'our address, such as 10.99.0.2/24')
      .option('--gateway <ip>', 'the router')
      .option('--mac <mac>', 'our MAC address (default: 02:6c:75:6e:00:01)')
      .option('--seed <n>', 'of the random numbers (default 1)', wholeNumber)
      .option('--clock <speed>', 'recorded, fast, or a factor', clockOf, 'fast')
      .addOption(
        new Option('--format <name>', 'of the output').choices(['pcapng', 'pcap', 'pcap-ns']).default('pcapng'),
      )
      .addOption(new Option('--service <name>', 'what the stack serves').choices(SERVICES))
      .option('--json', 'one JSON object instead of the table')
      .action((input: string, flags: ReplayFlags) => finish(this.run(input, flags)));
  }

  private async run(input: string, flags: ReplayFlags): Promise<number> {
    const stack = await createStack(configOf(input, flags), { source: 'command line' });
    if (flags.service !== undefined) this.services.start(flags.service, stack);
    const port = stack.interfaces[0].port as PcapPort;
    const progress = new ReplayProgress(port);
    let isWhole: boolean;
    try {
      isWhole = await keepAlive(endOf(stack));
    } finally {
      progress.stop();
      await stack.close();
    }
    this.tell(stack.counters(), flags);
    if (port.failure !== undefined) {
      this.output.problem(port.failure.message);
      return 1;
    }
    return isWhole ? 0 : 1;
  }

  private tell({ interfaces: [counters] }: StackCounters, flags: ReplayFlags): void {
    const { rx, tx, link } = counters;
    if (flags.json === true) {
      this.report(flags, JSON.stringify({ rx, tx, link }));
      return;
    }
    const rows: [string, number][] = [
      ['packets received', rx.frames],
      ['  delivered to sockets', rx.delivered],
      ['  consumed by the stack', rx.consumed],
      ...dropRows(rx.dropped),
      ['packets sent', tx.sent],
      ...dropRows(tx.dropped),
      ...dropRows(link.dropped, 'not shown'),
      ...dropRows(link.noted ?? {}, 'noted'),
    ];
    for (const [text, count] of rows) this.report(flags, `${text.padEnd(44)} ${String(count).padStart(12)}`);
  }

  /** Results go to stdout, unless the capture does. */
  private report(flags: ReplayFlags, text: string): void {
    if (flags.out === '-') this.output.note(text);
    else this.output.line(text);
  }
}

function configOf(input: string, flags: ReplayFlags): LunettaConfig {
  const { address, gateway, mac, seed, out, clock, format } = flags;
  const options = { in: input, clock, format, ...(out === undefined ? {} : { out }) };
  const optional = { ...(gateway === undefined ? {} : { gateway }), ...(mac === undefined ? {} : { mac }) };
  const iface = { name: 'replay', driver: 'pcap', options, addresses: [address], ...optional };
  return { interfaces: [iface], ...(seed === undefined ? {} : { seed }) };
}

/** Waits for the end of the capture; false if a signal came before it. */
function endOf(stack: LunettaStack): Promise<boolean> {
  return new Promise((resolve) => {
    stack.on('link', (_, event) => {
      if (event === 'gone') resolve(true);
    });
    if (stack.interfaces[0].port.linkState === 'gone') resolve(true);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(false));
  });
}

function dropRows(dropped: Readonly<Record<string, number>>, why = 'dropped'): [string, number][] {
  const happened = Object.entries(dropped).filter(([, count]) => count > 0);
  return happened.sort(([, a], [, b]) => b - a).map(([reason, count]) => [`  ${why}: ${reason}`, count]);
}

function clockOf(text: string): ReplayFlags['clock'] {
  if (text === 'recorded' || text === 'fast') return text;
  const factor = Number(text);
  if (text !== '' && factor > 0 && factor <= 1e6) return factor;
  throw new InvalidArgumentError("It must be 'recorded', 'fast' or a number more than 0.");
}
