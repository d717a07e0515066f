import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DrillSyntaxError, parseDrill, runDrill } from '@lunetta/testkit';
import { COMPARED_FIELDS } from '../../src/packetdrill/packets/compare.js';
import { EVENT_FIELDS } from '../../src/packetdrill/run/failure.js';

const FOLDER = fileURLToPath(new URL('../../drill/must-fail', import.meta.url));
const SCRIPTS = readdirSync(FOLDER).sort();
/** What no script can have our stack send otherwise; `tcp-fields.test.ts` proves these. */
const ELSEWHERE = [
  'ip-source', // it has one address
  'icmp-quoted-seq', // no error of ours quotes a TCP segment
];

/** What each script says in its first line that it fails for. */
function reasonOf(file: string): string | undefined {
  return /^\/\/ fails: (\w+)/.exec(readFileSync(join(FOLDER, file), 'utf8'))?.[1];
}

/** How a script fails: in which field, or in its syntax. */
async function fail(file: string): Promise<{ field: string; message: string }> {
  try {
    const { failure } = await runDrill(parseDrill(readFileSync(join(FOLDER, file), 'utf8'), file));
    return { field: failure?.field ?? 'nothing', message: failure?.message ?? '' };
  } catch (error) {
    if (error instanceof DrillSyntaxError) return { field: 'syntax', message: error.message };
    throw error;
  }
}

/** Each script says in its first line which field is wrong; the place that the failure names is that of the field. */
describe('a script that must not pass fails for the right reason', () => {
  test.each(SCRIPTS)('%s', async (file) => {
    const { field, message } = await fail(file);
    expect(field).toBe(reasonOf(file));
    expect({ file, message: withoutRandom(message) }).toMatchSnapshot();
  });
});

/** Ports, identifications and sequence numbers that the stack chooses are others with every change of what asks for one. */
function withoutRandom(message: string): string {
  return message.replace(/^ *seen:.*$/m, (line) => line.replace(/\d{5,}/g, '(random)'));
}

describe('there is a script for everything that is compared', () => {
  const fields = Object.entries(COMPARED_FIELDS).flatMap(([part, names]) =>
    names.map((name) => ({ name, file: `${part}-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}` })),
  );

  test.each(fields.filter(({ file }) => !ELSEWHERE.includes(file)))('$file', ({ name, file }) => {
    const proofs = SCRIPTS.filter((each) => each === `${file}.pkt` || each.startsWith(`${file}-`));
    expect(proofs.map(reasonOf)).toContain(name);
  });

  test.each([...EVENT_FIELDS, 'syntax'])('an event: %s', (field) => {
    expect(SCRIPTS.map(reasonOf)).toContain(field);
  });
});
