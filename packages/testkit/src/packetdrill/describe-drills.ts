import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from '@jest/globals';
import { runDrill, type DrillOptions } from './run/runner.js';
import { parseDrill } from './syntax/parse-script.js';

/** Defines a jest test for each packetdrill script (`*.pkt`) in a folder and those below it. */
export function describeDrills(folder: string, options: DrillOptions = {}): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.pkt'));
  if (files.length === 0) throw new Error(`${folder} holds no packetdrill script (*.pkt)`);
  describe(`packetdrill: ${relative(process.cwd(), folder)}`, () => {
    test.each(files.sort())('%s', async (file) => {
      const path = join(folder, file);
      const { failure } = await runDrill(parseDrill(readFileSync(path, 'utf8'), path), options);
      if (failure !== undefined) throw failure;
    });
  });
}
