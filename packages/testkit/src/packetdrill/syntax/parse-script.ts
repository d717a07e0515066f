import type { DrillEvent, DrillScript, DrillTime } from './ast.js';
import { parseCall } from './parse-call.js';
import { parsePacket } from './parse-packet.js';
import { Scanner } from './scanner.js';
import { optionFault } from './script-options.js';

const NOW: DrillTime = { kind: 'relative', startUs: 0, endUs: 0, blocks: false };
const SECONDS = /\d*\.?\d+/y;

/**
 * Parses a packetdrill script.
 *
 * @param source its text
 * @param file its name, for messages
 * @throws DrillSyntaxError with line and column
 */
export function parseDrill(source: string, file = 'script'): DrillScript {
  const options = new Map<string, string>();
  const scanner = new Scanner(file, withDefinitions(source));
  scanner.skipSpace();
  while (scanner.sees('--')) {
    const start = scanner.at;
    const match = scanner.match(/--(\w+)(?:=("[^"\n]*"|[^\s"]*))?/y);
    if (match === undefined) throw scanner.wrong("an option is written '--name=value'");
    const [name, value] = [match[1], (match[2] ?? 'true').replace(/^"|"$/g, '')];
    const fault = optionFault(name, value);
    if (fault !== undefined) throw scanner.wrong(fault, start);
    options.set(name, value);
    scanner.skipSpace();
  }
  const events: DrillEvent[] = [];
  for (scanner.skipSpace(); !scanner.isAtEnd; scanner.skipSpace()) events.push(parseEvent(scanner));
  return { file, lines: scanner.lines, options, events };
}

/** Replaces the names of `--define NAME=TEXT` lines everywhere, and makes those lines blank. */
function withDefinitions(source: string): string {
  const definitions = new Map<string, string>();
  const rest = source.replace(/^--define[= ]+(\w+)=(.*)$/gm, (line, name: string, text: string) => {
    definitions.set(name, text.trim().replace(/^"|"$/g, ''));
    return line.replace(/./g, ' ');
  });
  if (definitions.size === 0) return rest;
  return rest.replace(/\b[A-Za-z_]\w*\b/g, (word) => definitions.get(word) ?? word);
}

function parseEvent(scanner: Scanner): DrillEvent {
  const { place } = scanner;
  const time = parseTime(scanner);
  scanner.skipBlanks();
  const action = parseAction(scanner);
  if (!scanner.isAtLineEnd) throw scanner.wrong('this belongs to no event: one stands on each line');
  if (time.blocks && action.kind !== 'call') throw scanner.wrong('only a call can take a time A...B');
  return { place, time, action };
}

function parseAction(scanner: Scanner): DrillEvent['action'] {
  if (scanner.sees('<') || scanner.sees('>')) return parsePacket(scanner);
  const shell = scanner.match(/`([^`]*)`/y);
  if (shell !== undefined) return { kind: 'shell', text: shell[1].trim() };
  const code = scanner.match(/%\{([\s\S]*?)\}%/y);
  if (code !== undefined) return { kind: 'code', text: code[1] };
  return parseCall(scanner);
}

function parseTime(scanner: Scanner): DrillTime {
  if (scanner.eat('*')) return { kind: 'any', startUs: 0, endUs: Infinity, blocks: false };
  const isRelative = scanner.eat('+');
  const start = scanner.match(SECONDS);
  if (start === undefined) {
    if (isRelative) throw scanner.wrong("a time in seconds is missing after '+'");
    return NOW;
  }
  const kind = isRelative ? 'relative' : 'absolute';
  const startUs = microseconds(start[0]);
  const blocks = scanner.eat('...');
  if (!blocks && !scanner.eat('~')) return { kind, startUs, endUs: startUs, blocks };
  // The end counts from the same moment as the start; a range of packets says so with a second '+'.
  const isEndRelative = scanner.eat('+');
  const end = scanner.match(SECONDS);
  if (end === undefined) throw scanner.wrong('the end of the range is missing, in seconds');
  if (isEndRelative && !isRelative)
    throw scanner.wrong('the range starts at an absolute time and ends at a relative one');
  const endUs = microseconds(end[0]);
  if (endUs < startUs) throw scanner.wrong('the range ends before it starts');
  return { kind, startUs, endUs, blocks };
}

function microseconds(seconds: string): number {
  return Math.round(Number(seconds) * 1e6);
}
