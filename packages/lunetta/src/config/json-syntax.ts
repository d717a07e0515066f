/** Where a JSON text breaks off from the grammar (RFC 8259), and what is expected there. */
export interface JsonSyntaxProblem {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- RFC 8259 section 7 forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** Thrown and caught in this file only. */
class Unexpected extends Error {
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(expected);
  }
}

/**
 * Finds the first syntax error in a JSON text that `JSON.parse` refuses: its own messages name no place for most
 * errors (Node 20). Undefined if there is none.
 */
export function findJsonProblem(text: string): JsonSyntaxProblem | undefined {
  try {
    const end = skipSpace(text, readValue(text, skipSpace(text, 0)));
    if (end < text.length) throw new Unexpected(end, 'the end of the file');
    return undefined;
  } catch (problem) {
    if (!(problem instanceof Unexpected)) throw problem;
    const before = text.slice(0, problem.at).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1, expected: problem.expected };
  }
}

/** Each of these reads what begins at `at` and returns where it ends. */
function readValue(text: string, at: number): number {
  const first = text[at];
  if (first === '{') return readList(text, at, '}', readMember, 'a field name in double quotes');
  if (first === '[') return readList(text, at, ']', readValue, 'a value');
  return match(SCALAR, text, at) ?? match(STRING, text, at) ?? fail(at, first === '"' ? 'a closed string' : 'a value');
}

function readMember(text: string, at: number): number {
  const name = match(STRING, text, at) ?? fail(at, 'a field name in double quotes');
  const colon = skipSpace(text, name);
  if (text[colon] !== ':') fail(colon, "':'");
  return readValue(text, skipSpace(text, colon + 1));
}

function readList(
  text: string,
  at: number,
  close: string,
  readItem: (text: string, at: number) => number,
  item: string,
): number {
  let next = skipSpace(text, at + 1);
  if (text[next] === close) return next + 1;
  for (;;) {
    if (text[next] === close || next >= text.length) fail(next, item);
    next = skipSpace(text, readItem(text, next));
    if (text[next] === close) return next + 1;
    if (text[next] !== ',') fail(next, `',' or '${close}'`);
    next = skipSpace(text, next + 1);
  }
}

function skipSpace(text: string, at: number): number {
  return match(SPACE, text, at)!;
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function fail(at: number, expected: string): never {
  throw new Unexpected(at, expected);
}
