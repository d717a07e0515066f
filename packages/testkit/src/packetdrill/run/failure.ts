import { marked } from '../drill-error.js';
import type { Mismatch } from '../packets/compare.js';
import type { DrillScript, Place } from '../syntax/ast.js';

/** What of an event can be otherwise than expected, beside the fields of a packet. */
export const EVENT_FIELDS = [
  'time',
  'packet', // it does not come, or is malformed
  'extra', // one that no line expects
  'call', // it cannot be made
  'result',
  'value', // of an option
  'revents',
  'msg_flags',
] as const;

/** What differed. */
export type DrillField = Mismatch['field'] | (typeof EVENT_FIELDS)[number];

/** What went otherwise than the script expects. */
export class DrillFailure extends Error {
  override readonly name = 'DrillFailure';

  /**
   * @param details lines below: what was expected and seen
   */
  constructor(
    script: DrillScript,
    readonly place: Place,
    readonly field: DrillField,
    what: string,
    details: readonly string[] = [],
  ) {
    const head = `${script.file}:${place.line}:${place.column}: ${what}`;
    super([head, marked(script.lines[place.line - 1] ?? '', place.column), ...details].join('\n'));
  }
}
