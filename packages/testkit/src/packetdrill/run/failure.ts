import { marked } from '../drill-error.js';
import type { DrillScript, Place } from '../syntax/ast.js';

/** What went otherwise than the script expects. */
export class DrillFailure extends Error {
  override readonly name = 'DrillFailure';

  /**
   * @param field what differed: a field of a packet, `time`, `result`, ...
   * @param details lines below: what was expected and seen
   */
  constructor(
    script: DrillScript,
    readonly place: Place,
    readonly field: string,
    what: string,
    details: readonly string[] = [],
  ) {
    const head = `${script.file}:${place.line}:${place.column}: ${what}`;
    super([head, marked(script.lines[place.line - 1] ?? '', place.column), ...details].join('\n'));
  }
}
