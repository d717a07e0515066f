import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parseDrill, runDrill } from '@lunetta/testkit';

const FOLDER = fileURLToPath(new URL('../../drill/must-fail', import.meta.url));

/** Each script says in its first line which field is wrong; the place that the failure names is that of the field. */
describe('a script that must not pass fails for the right reason', () => {
  test.each(readdirSync(FOLDER))('%s', async (file) => {
    const source = readFileSync(join(FOLDER, file), 'utf8');
    const { failure } = await runDrill(parseDrill(source, file));
    const field = /^\/\/ fails: (\w+)/.exec(source)![1];
    expect(failure?.field).toBe(field);
    expect({ file, message: failure!.message }).toMatchSnapshot();
  });
});
