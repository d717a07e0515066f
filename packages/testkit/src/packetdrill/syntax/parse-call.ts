import type { Arg, CallResult, CallSpec } from './ast.js';
import type { Scanner } from './scanner.js';

/** Parses `name(args) = result`. */
export function parseCall(scanner: Scanner): CallSpec {
  const name = scanner.word();
  if (name === undefined) throw scanner.wrong('an event is a packet (< or >), a call, a `command` or %{ code }%');
  scanner.skipBlanks();
  scanner.expect('(', `the arguments of ${name}`);
  const args = parseArgs(scanner, ')');
  scanner.skipBlanks();
  scanner.expect('=', `what ${name} returns, or ? if it does not matter`);
  scanner.skipBlanks();
  const resultPlace = scanner.place;
  return { kind: 'call', name, args, result: parseResult(scanner), resultPlace };
}

function parseResult(scanner: Scanner): CallResult {
  if (scanner.eat('?')) return { kind: 'any' };
  const value = scanner.number();
  if (value === undefined) throw scanner.wrong('a call returns a number, -1 with an error, or ?');
  scanner.skipBlanks();
  const code = value === -1 ? scanner.match(/E[A-Z0-9]+/y)?.[0] : undefined;
  scanner.skipBlanks();
  scanner.match(/\([^)\n]*\)/y); // the error's text
  return code === undefined ? { kind: 'value', value } : { kind: 'error', code };
}

function parseArgs(scanner: Scanner, end: string): Arg[] {
  const args: Arg[] = [];
  scanner.skipSpace();
  if (scanner.eat(end)) return args;
  for (;;) {
    args.push(parseArg(scanner));
    scanner.skipSpace();
    if (scanner.eat(end)) return args;
    scanner.expect(',', `or '${end}' after an argument`);
    scanner.skipSpace();
  }
}

function parseArg(scanner: Scanner): Arg {
  const { place } = scanner;
  if (scanner.eat('...')) return { kind: 'ellipsis' };
  if (scanner.eat('[')) return { kind: 'list', items: parseArgs(scanner, ']') };
  if (scanner.eat('{')) return { kind: 'struct', fields: parseFields(scanner), place };
  const text = scanner.match(/"((?:\\.|[^"\\\n])*)"/y);
  if (text !== undefined) return { kind: 'text', text: unescaped(text[1]) };
  const value = scanner.number();
  if (value !== undefined) return { kind: 'number', value };
  const names: string[] = [];
  do {
    scanner.skipSpace();
    const name = scanner.word();
    if (name === undefined) throw scanner.wrong('an argument is missing');
    names.push(name);
    scanner.skipSpace();
  } while (scanner.eat('|'));
  // sin_port=htons(8080) and the like: the value is what counts.
  if (scanner.eat('(')) {
    const [inner] = parseArgs(scanner, ')');
    if (inner === undefined) throw scanner.wrong(`${names[0]}() has no argument`);
    return inner;
  }
  return { kind: 'symbols', names, place };
}

function parseFields(scanner: Scanner): Map<string, Arg> {
  const fields = new Map<string, Arg>();
  for (let index = 0; ; index++) {
    scanner.skipSpace();
    if (scanner.eat('}')) return fields;
    const named = scanner.match(/(\w+)(?:\((?:\d+|\.\.\.)\))?\s*=\s*/y);
    // Fields without names are known by their place: an iovec is {base, length}.
    fields.set(named?.[1] ?? String(index), parseArg(scanner));
    scanner.skipSpace();
    if (!scanner.eat(',') && !scanner.sees('}')) throw scanner.wrong("',' or '}' is missing after a field");
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (code.startsWith('x')) return String.fromCharCode(parseInt(code.slice(1), 16));
    return { n: '\n', r: '\r', t: '\t', 0: '\0' }[code] ?? code;
  });
}
