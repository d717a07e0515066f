import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configJsonSchema, createStack, readConfigFile } from 'lunetta';
import { findJsonProblem } from '../src/config/json-syntax.js';
import fc from 'fast-check';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lunetta-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const file = join(folder, 'lunetta.config.json');
  writeFileSync(file, text);
  return file;
}

describe('the configuration file', () => {
  test('is read, its folder is where drivers are looked for', () => {
    const config = { interfaces: [{ name: 'lan', driver: 'tap', addresses: ['10.99.0.2/24'] }] };
    const file = write(`\uFEFF${JSON.stringify(config)}`); // with the byte order mark of some editors
    expect(readConfigFile(file)).toEqual({ config, source: file, from: folder });
  });

  test('that is not there is told', async () => {
    const file = join(folder, 'none.json');
    await expect(createStack(file)).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CONFIG',
      message: `cannot read the configuration ${file}: there is no such file`,
    });
  });

  test('with a syntax error is told with line and column', async () => {
    const file = write('{\n  "interfaces": [\n    { "name": "lan" "driver": "tap" }\n  ]\n}\n');
    await expect(createStack(file)).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CONFIG',
      message: `${file}:3:21: this is no JSON; expected ',' or '}' here`,
    });
  });

  test('with a wrong field is told with the file and the field', async () => {
    const file = write('{ "interfaces": [{ "name": "lan", "driver": "tap", "addresses": ["10.99.0.2"] }] }');
    await expect(createStack(file)).rejects.toMatchObject({
      message: `${file}: interfaces[0].addresses[0]: must be an IPv4 address with its prefix length, such as 10.99.0.2/24`,
    });
  });
});

describe('the place of a JSON syntax error', () => {
  test.each([
    ['', 1, 1, 'a value'],
    ['{"a": 1,}', 1, 9, 'a field name in double quotes'],
    ['[1, 2', 1, 6, "',' or ']'"],
    ['[1,\n 2,\n]', 3, 1, 'a value'],
    ['{"a" 1}', 1, 6, "':'"],
    ["{'a': 1}", 1, 2, 'a field name in double quotes'],
    ['{"a": tru}', 1, 7, 'a value'],
    ['{"a": "b}', 1, 7, 'a closed string'],
    ['{"a": 01}', 1, 7, 'a value'],
    ['{} x', 1, 4, 'the end of the file'],
  ])('%j: line %d, column %d', (text, line, column, expected) => {
    expect(findJsonProblem(text)).toEqual({ line, column, expected });
  });

  test('is found in exactly what JSON.parse refuses', () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '\\', '0', 'e', ':', '\n', ' ', '-', '.'))
      .map(([text, at, wedge]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + wedge + text.slice(cut + (at % 2));
      });
    fc.assert(
      fc.property(broken, (text) => {
        expect(findJsonProblem(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 5000 },
    );
  });
});

test('the JSON schema in the package is that of the code (if not: npm run schema --workspace=lunetta)', () => {
  const file = new URL('../schema/lunetta.config.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

test('every field of the JSON schema is described', () => {
  const undescribed: string[] = [];
  const look = (schema: { properties?: object; items?: object; description?: string }, place: string): void => {
    for (const [name, member] of Object.entries(schema.properties ?? {}) as [string, typeof schema][]) {
      if (member.description === undefined) undescribed.push(`${place}.${name}`);
      look(member, `${place}.${name}`);
    }
    if (schema.items !== undefined && !Array.isArray(schema.items)) look(schema.items, `${place}[]`);
  };
  look(configJsonSchema(), '');
  expect(undescribed).toEqual([]);
});
