import 'reflect-metadata';
import { Container } from 'inversify';
import { Cli } from './cli.js';
import { appModule } from './app-module.js';

/**
 * Runs the `lunetta` command.
 *
 * @param args the words after `lunetta`
 * @returns the exit code: 0, 1 for what went wrong while running, 2 for wrong usage or configuration
 */
export async function main(args: readonly string[]): Promise<number> {
  const container = new Container();
  container.load(appModule);
  return container.get(Cli).run(args);
}
