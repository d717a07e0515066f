import { Command as Program, CommanderError } from 'commander';
import { inject, injectable, multiInject } from 'inversify';
import { LunettaError, SocketError } from 'lunetta';
import { COMMANDS, type Command } from './commands/command.js';
import { Output } from './output.js';

const RUNTIME_FAILURE = 1;
const WRONG_USAGE = 2;
/** Errors that the user mends in the configuration or on the command line. */
const CONFIG_ERRORS: ReadonlySet<string> = new Set([
  'LUNETTA_ERR_CONFIG',
  'LUNETTA_ERR_DEVICE_NAME',
  'LUNETTA_ERR_DRIVER_INVALID',
  'LUNETTA_ERR_DRIVER_NOT_FOUND',
  'LUNETTA_ERR_MISUSE',
]);

/** Reads the command line and runs the command that it names. */
@injectable()
export class Cli {
  constructor(
    @multiInject(COMMANDS) private readonly commands: Command[],
    @inject(Output) private readonly output: Output,
  ) {}

  /** @returns the exit code; see {@link main} */
  async run(args: readonly string[]): Promise<number> {
    let exitCode = 0;
    const program = new Program('lunetta')
      .description('A user-space TCP/IP stack in TypeScript: its programs')
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(`lunetta: ${text.replace(/^error: /, '')}`) })
      .showHelpAfterError('(lunetta --help tells more)');
    for (const command of this.commands) {
      command.register(program, async (running) => {
        exitCode = await running;
      });
    }
    try {
      await program.parseAsync(args, { from: 'user' });
      return exitCode;
    } catch (error) {
      return this.report(error);
    } finally {
      this.output.endLiveLine();
    }
  }

  private report(error: unknown): number {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE; // it has spoken already
    const isExpected = error instanceof LunettaError || error instanceof SocketError;
    if (!isExpected || process.env['LUNETTA_DEBUG'] !== undefined) {
      this.output.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } else {
      this.output.problem(error.message);
    }
    return error instanceof LunettaError && CONFIG_ERRORS.has(error.code) ? WRONG_USAGE : RUNTIME_FAILURE;
  }
}
