import type { Command as Program } from 'commander';

/** Under this every command is bound. */
export const COMMANDS = Symbol.for('lunetta.apps.Command');

/** One word after `lunetta`. */
export interface Command {
  /**
   * Adds the command to the command line.
   *
   * @param finish what its action passes on: its run, with the exit code
   */
  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void;
}
