import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LunettaError } from '@lunetta/core';
import { configSchema, type LunettaConfig } from './config-schema.js';
import { issuesError } from './issues.js';
import { findJsonProblem } from './json-syntax.js';

/** A checked configuration and where it came from. */
export interface ReadConfig {
  readonly config: LunettaConfig;
  /** For messages: the file, or `configuration`. */
  readonly source: string;
  /** The folder from which drivers are looked for. */
  readonly from: string;
}

/**
 * Reads and checks a configuration file.
 *
 * @throws LunettaError `LUNETTA_ERR_CONFIG`: no such file, no JSON (with line and column), or wrong fields (with path)
 */
export function readConfigFile(file: string): ReadConfig {
  const from = dirname(resolve(file));
  return { config: checkConfig(parseJson(file, readText(file)), file), source: file, from };
}

/**
 * Checks a configuration.
 *
 * @param source what it is, for messages
 * @throws LunettaError `LUNETTA_ERR_CONFIG` with the place of every wrong field
 */
export function checkConfig(config: unknown, source = 'configuration'): LunettaConfig {
  const checked = configSchema.safeParse(config);
  if (!checked.success) throw issuesError(source, checked.error.issues);
  return checked.data;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : message;
    throw new LunettaError('LUNETTA_ERR_CONFIG', `cannot read the configuration ${file}: ${what}`, { cause });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const problem = findJsonProblem(text);
    if (problem === undefined) throw cause;
    const { line, column, expected } = problem;
    const message = `${file}:${line}:${column}: this is no JSON; expected ${expected} here`;
    throw new LunettaError('LUNETTA_ERR_CONFIG', message, { cause });
  }
}
