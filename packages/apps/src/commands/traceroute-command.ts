import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import type { LunettaStack, PingResult } from 'lunetta';
import { Output } from '../output.js';
import { addStackFlags, wholeNumber, type StackFlags } from '../stack-flags.js';
import { StackRunner, type RunEnd } from '../stack-runner.js';
import type { Command } from './command.js';

interface TracerouteFlags extends StackFlags {
  readonly maxHops: number;
  readonly queries: number;
  readonly size: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** One hop: what became of each probe. */
type Hop = readonly PingResult[];

/** ICMP time exceeded (RFC 792). */
const TIME_EXCEEDED = 11;
/** What traceroute writes behind the time for the codes of ICMP unreachable (RFC 792, RFC 1812). */
const UNREACHABLE_MARKS: Readonly<Record<number, string>> = { 0: '!N', 1: '!H', 2: '!P', 3: '!P', 4: '!F', 13: '!X' };

/** `lunetta traceroute`: the routers on the way, found by echo requests whose TTL runs out. */
@injectable()
export class TracerouteCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('traceroute').argument('<address>', 'where to'))
      .description('shows the routers on the way, through our stack; exit code 0 if the way ends at the address')
      .option('-m, --max-hops <n>', 'how many routers at most', wholeNumber, 30)
      .option('-q, --queries <n>', 'probes of each', wholeNumber, 3)
      .option('-s, --size <bytes>', 'bytes of data in each probe', wholeNumber, 32)
      .option('-W, --timeout <ms>', 'how long to wait for an answer, in milliseconds', wholeNumber, 1000)
      .option('--json', 'one JSON object a line instead')
      .action((address: string, flags: TracerouteFlags) => finish(this.run(address, flags)));
  }

  private run(address: string, flags: TracerouteFlags): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      for (let ttl = 1; ttl <= flags.maxHops; ttl++) {
        const hop = await Promise.race([probe(stack, address, ttl, flags), end]);
        if (!Array.isArray(hop)) return this.runner.untilEnd(Promise.resolve(hop as RunEnd));
        this.show(address, ttl, hop as Hop, flags.json === true);
        if ((hop as Hop).some(isEndOfWay)) return (hop as Hop).some(({ error }) => error === undefined) ? 0 : 1;
      }
      return 1;
    });
  }

  private show(address: string, ttl: number, hop: Hop, asJson: boolean): void {
    const probes = hop.map((result) => ({ from: answererOf(result, address), ...result }));
    if (asJson) return this.output.json({ event: 'hop', ttl, probes });
    let last: string | undefined;
    const texts = probes.map((result) => {
      const text = result.from === last ? timeText(result) : `${result.from ?? ''} ${timeText(result)}`.trim();
      last = result.from ?? last;
      return text;
    });
    this.output.line(`${String(ttl).padStart(2)}  ${texts.join('  ')}`);
  }
}

async function probe(stack: LunettaStack, address: string, ttl: number, flags: TracerouteFlags): Promise<Hop> {
  const results: PingResult[] = [];
  for (let query = 0; query < flags.queries; query++) {
    results.push(await stack.ping(address, { ttl, size: flags.size, timeoutMs: flags.timeout }));
  }
  return results;
}

/** True for an answer of the address itself, and for every error but that of a TTL that ran out. */
function isEndOfWay(result: PingResult): boolean {
  if (result.error === undefined) return true;
  return result.error !== 'ETIMEDOUT' && result.icmp?.type !== TIME_EXCEEDED;
}

function answererOf(result: PingResult, address: string): string | undefined {
  return result.error === undefined ? address : result.icmp?.address;
}

function timeText(result: PingResult): string {
  if (result.error === undefined) return `${milliseconds(result.rttUs)} ms`;
  if (result.icmp === undefined) return result.error === 'ETIMEDOUT' ? '*' : result.error;
  const { type, code, rttUs } = result.icmp;
  const mark = type === TIME_EXCEEDED ? '' : ` ${UNREACHABLE_MARKS[code] ?? `!${code}`}`;
  return `${milliseconds(rttUs)} ms${mark}`;
}

function milliseconds(us: number): string {
  return (us / 1000).toFixed(3);
}
