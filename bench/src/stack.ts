/**
 * bench:stack: the full stack on the memory link, without a system call: nanoseconds of the stack's own time for an
 * echo, garbage collections, and what grows with the number of sockets and neighbours. A process a case.
 *
 * `npm run bench:stack [-- --json] [-- CASE...]`
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { report, type Figure } from './report.js';

const CHILD = fileURLToPath(new URL('stack/stack-case.js', import.meta.url));

/** Runs cases of bench:stack, each in a process of its own. */
export function measureStack(names: readonly string[]): Figure[] {
  return names.map((name) => JSON.parse(child(name)) as Figure);
}

function child(argument: string): string {
  return execFileSync(process.execPath, [CHILD, argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const names = asked.length > 0 ? asked : (JSON.parse(child('--list')) as string[]);
  report('stack', measureStack(names));
}
