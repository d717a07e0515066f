import { DrillSyntaxError } from '../drill-error.js';
import type { Place } from './ast.js';

/** Reads a script from left to right. Comments count as blanks, and every place keeps its line and column. */
export class Scanner {
  /** Index of the next character. */
  at = 0;
  readonly lines: readonly string[];
  private readonly text: string;

  constructor(
    readonly file: string,
    source: string,
  ) {
    this.lines = source.split('\n');
    this.text = withoutComments(source);
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The place of the next character. */
  get place(): Place {
    return this.placeOf(this.at);
  }

  /** Passes over blanks within a line. */
  skipBlanks(): void {
    while (this.at < this.text.length && /[ \t\r]/.test(this.text[this.at])) this.at++;
  }

  /** Passes over blanks and line ends. */
  skipSpace(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at])) this.at++;
  }

  /** Whether `text` comes next. */
  sees(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Takes `text` if it comes next. */
  eat(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Takes `text`, which must come next. */
  expect(text: string, what: string): void {
    if (!this.eat(text)) throw this.wrong(`'${text}' is missing: ${what}`);
  }

  /** Takes what a regular expression (with the flag y) matches next; undefined if it does not. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }

  /** Takes a word, or undefined if none comes next. */
  word(): string | undefined {
    return this.match(/[A-Za-z_][A-Za-z0-9_]*/y)?.[0];
  }

  /** Takes a whole number, decimal or hexadecimal, perhaps negative; undefined if none comes next. */
  number(): number | undefined {
    const text = this.match(/-?(?:0x[0-9a-fA-F]+|\d+)/y)?.[0];
    return text === undefined ? undefined : Number(text.replace(/^-0x/, '0x')) * (text.startsWith('-0x') ? -1 : 1);
  }

  /** Takes a whole number that must come next. */
  expectNumber(what: string): number {
    const number = this.number();
    if (number === undefined) throw this.wrong(`${what} is missing: a whole number`);
    return number;
  }

  /** Whether the line ends here. */
  get isAtLineEnd(): boolean {
    this.skipBlanks();
    return this.isAtEnd || this.text[this.at] === '\n';
  }

  wrong(what: string, at = this.at): DrillSyntaxError {
    const place = this.placeOf(at);
    return new DrillSyntaxError(this.file, place, what, this.lines[place.line - 1] ?? '');
  }

  private placeOf(at: number): Place {
    const before = this.text.slice(0, at).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1 };
  }
}

/**
 * A script with its comments made blank. What stands in quotes, backticks and code is kept; a `#` begins a comment at the
 * start of a line only.
 */
function withoutComments(source: string): string {
  const pattern = /"(?:\\.|[^"\\\n])*"|`[^`]*`|%\{[\s\S]*?\}%|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^[ \t]*#[^\n]*/gm;
  return source.replace(pattern, (found) => (/^(\/|\s*#)/.test(found) ? found.replace(/[^\n]/g, ' ') : found));
}
