import { LunettaError, type LunettaErrorCode } from '@lunetta/core';

/** What is wrong at one place; both zod's issues and those of a driver's schema have this form. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly code?: string | undefined;
  readonly keys?: readonly string[] | undefined;
}

/** A place in the configuration as `interfaces[0].options.device`; empty for the whole. */
function formatPath(path: readonly unknown[]): string {
  let place = '';
  for (const step of path) {
    // Standard Schema has a step either bare or in an object.
    const key = typeof step === 'object' && step !== null ? (step as { key: unknown }).key : step;
    place += typeof key === 'number' ? `[${key}]` : `${place === '' ? '' : '.'}${String(key)}`;
  }
  return place;
}

/**
 * One error for all that is wrong with a configuration, a line for each.
 *
 * @param source the file, or what else the configuration is
 * @param base where in the configuration the issues' paths begin
 */
export function issuesError(
  source: string,
  issues: readonly Issue[],
  base: readonly unknown[] = [],
  code: LunettaErrorCode = 'LUNETTA_ERR_CONFIG',
): LunettaError {
  const lines = issues.flatMap((issue) => linesOf(issue, [...base, ...(issue.path ?? [])]));
  if (lines.length === 1) return new LunettaError(code, `${source}: ${lines[0]}`);
  return new LunettaError(
    code,
    `${source}: ${lines.length} things are wrong:\n${lines.map((l) => `  ${l}`).join('\n')}`,
  );
}

function linesOf(issue: Issue, path: readonly unknown[]): string[] {
  if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
    return issue.keys.map((key) => `${formatPath([...path, key])}: ${clear(issue.message)}`);
  }
  const place = formatPath(path);
  return [place === '' ? clear(issue.message) : `${place}: ${clear(issue.message)}`];
}

/** zod's wording without its preamble. */
function clear(message: string): string {
  const missing = /^Invalid input: expected (.+), received undefined$/.exec(message);
  if (missing !== null) return `is missing; it must be of type ${missing[1]}`;
  const range = /^Too (?:small|big): expected number to be ([<>])=(.+)$/.exec(message);
  if (range !== null) return `must be at ${range[1] === '>' ? 'least' : 'most'} ${range[2]}`;
  return message.replace(/^(Invalid input|Too small|Too big|Invalid option): /, '');
}
