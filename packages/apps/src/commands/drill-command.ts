import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DrillSyntaxError, parseDrill, runDrill, type DrillResult } from '@lunetta/testkit';
import { FileSink, PcapngWriter } from '@lunetta/driver-pcap';
import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { LunettaError } from 'lunetta';
import { Output } from '../output.js';
import { wholeNumber } from '../stack-flags.js';
import type { Command } from './command.js';

interface DrillFlags {
  readonly json?: boolean;
  readonly capture?: string;
  readonly tolerance?: number;
}

const PASSED = 0;
const FAILED = 1;
const UNREADABLE = 2;

/** `lunetta drill`: runs packetdrill scripts against a stack in memory, in virtual time. */
@injectable()
export class DrillCommand implements Command {
  constructor(@inject(Output) private readonly output: Output) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    program
      .command('drill')
      .argument('<files...>', 'packetdrill scripts (*.pkt), or folders of them')
      .description(
        'runs packetdrill scripts against our stack, in memory and in virtual time; exit code 1 if one fails, 2 if one cannot be read',
      )
      .option('--capture <file>', 'leave the packets of all scripts in a pcapng file')
      .option('--tolerance <us>', 'how far off a time may be, in microseconds (default 1000)', wholeNumber)
      .option('--json', 'one JSON object a line instead')
      .action((files: string[], flags: DrillFlags) => finish(this.run(files, flags)));
  }

  private async run(paths: readonly string[], flags: DrillFlags): Promise<number> {
    const files = paths.flatMap(scriptsIn);
    const capture = flags.capture === undefined ? undefined : new PcapngWriter(new FileSink(flags.capture));
    const counts = [0, 0, 0];
    try {
      for (const file of files) counts[await this.runFile(file, flags, capture)]++;
    } finally {
      capture?.close();
    }
    const [passed, failed, unreadable] = counts;
    if (flags.json === true) this.output.json({ event: 'summary', passed, failed, unreadable });
    else this.output.line(`${passed} passed, ${failed} failed${unreadable > 0 ? `, ${unreadable} unreadable` : ''}`);
    return unreadable > 0 ? UNREADABLE : failed > 0 ? FAILED : PASSED;
  }

  private async runFile(file: string, flags: DrillFlags, capture: PcapngWriter | undefined): Promise<number> {
    const iface = capture?.addInterface({ name: file });
    const onFrame = (direction: 'in' | 'out', frame: Uint8Array, atUs: number): void =>
      capture?.writePacket(iface!, atUs, frame, 0, frame.length, { direction });
    try {
      const script = parseDrill(readFileSync(file, 'utf8'), file);
      const options = flags.tolerance === undefined ? { onFrame } : { onFrame, toleranceUs: flags.tolerance };
      const result = await runDrill(script, options);
      this.tell(result, flags);
      return result.failure === undefined ? PASSED : FAILED;
    } catch (error) {
      if (!(error instanceof DrillSyntaxError)) throw error;
      this.tell({ file, failure: error, notes: [] }, flags);
      return UNREADABLE;
    }
  }

  private tell(
    { file, failure, notes }: Omit<DrillResult, 'failure'> & { readonly failure: Error | undefined },
    flags: DrillFlags,
  ): void {
    if (flags.json === true) {
      this.output.json({ event: 'script', file, passed: failure === undefined, notes, message: failure?.message });
      return;
    }
    this.output.line(failure === undefined ? `passed  ${file}` : `failed  ${failure.message}`);
    for (const note of notes) this.output.line(`        ${note}`);
  }
}

/** The scripts that a path names: itself, or those of the folder. */
function scriptsIn(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw unusable(path, 'does not exist');
  if (!stats.isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pkt'));
  if (names.length === 0) throw unusable(path, 'is a folder without scripts (*.pkt)');
  return names.sort().map((name) => join(path, name));
}

function unusable(path: string, what: string): LunettaError {
  return new LunettaError('LUNETTA_ERR_MISUSE', `${path} ${what}`);
}
