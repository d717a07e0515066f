import type { Place } from './syntax/ast.js';

/** A script that cannot be read: what is wrong, where, and the line with a mark under the place. */
export class DrillSyntaxError extends Error {
  override readonly name = 'DrillSyntaxError';

  constructor(
    readonly file: string,
    readonly place: Place,
    what: string,
    line: string,
  ) {
    super(`${file}:${place.line}:${place.column}: ${what}\n${marked(line, place.column)}`);
  }
}

/** A line with a caret under a column (from 1). */
export function marked(line: string, column: number): string {
  const before = line.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `  ${line}\n  ${before}^`;
}
