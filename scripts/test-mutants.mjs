#!/usr/bin/env node
/**
 * `npm run test:mutants [-- PART OF A NAME]`: seeds one-line faults in TCP, one at a time, and runs the packetdrill script
 * that is to notice each. Nothing is written to the sources: the changed line exists in a bundle only. Fails if a fault
 * survives, if its line is no longer there, or if a script fails without it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

import { TCP_MUTANTS } from './mutants/tcp-mutants.mjs';
import { ROOT } from './setup/run.mjs';

const TCP = join(ROOT, 'packages/core/src/tcp');
const DRILLS = join(ROOT, 'packages/testkit/drill/tcp');
/** Here a bundle finds the libraries that it imports. */
const CACHE = join(ROOT, 'node_modules/.cache');
/** A fault may make a script run for ever: that is noticed too. */
const PATIENCE_MS = 60_000;
/** Mutants that are worked on at a time. */
const LANES = 2;

const RUNNER = `
import { parentPort, workerData } from 'node:worker_threads';
const { parseDrill, runDrill } = await import(workerData.bundle);
const { failure } = await runDrill(parseDrill(workerData.source, workerData.script));
parentPort.postMessage(failure?.message ?? 'passed');`;

/** The test kit's packetdrill with core in one file; with a fault, a line of core is another. */
async function bundle(outfile, mutant) {
  const plugin = {
    name: 'mutant',
    setup(setup) {
      setup.onResolve({ filter: /^@lunetta\/core$/ }, () => ({ path: join(ROOT, 'packages/core/src/index.ts') }));
      if (mutant === undefined) return;
      const file = join(TCP, mutant.file);
      const filter = new RegExp(`${mutant.file.replace(/^(\.\.\/)+/, '').replaceAll('.', '\\.')}$`);
      setup.onLoad({ filter }, ({ path }) =>
        path === file ? { contents: mutate(file, mutant), loader: 'ts' } : undefined,
      );
    },
  };
  await build({
    entryPoints: [join(ROOT, 'packages/testkit/src/packetdrill/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['inversify', 'reflect-metadata', '@jest/globals', '@lunetta/driver-pcap'],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    plugins: [plugin],
    logLevel: 'silent',
  });
  return pathToFileURL(outfile).href;
}

function mutate(file, { before, after }) {
  const pieces = readFileSync(file, 'utf8').split(before);
  if (pieces.length !== 2) throw new Error(`'${before}' stands there ${pieces.length - 1} times, not once`);
  return pieces.join(after);
}

/** What a script says: `passed`, or what is wrong. */
function run(bundled, script) {
  const source = readFileSync(join(DRILLS, `${script}.pkt`), 'utf8');
  const worker = new Worker(RUNNER, {
    eval: true,
    workerData: { bundle: bundled, source, script },
    execArgv: ['--input-type=module'],
  });
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => {
      resolve('runs for ever');
      void worker.terminate();
    }, PATIENCE_MS);
    worker.once('message', resolve);
    worker.once('error', (error) => resolve(String(error)));
    worker.once('exit', () => clearTimeout(giveUp));
  });
}

/** Why a mutant does not count as killed; undefined if it does. */
async function survival(mutant, outfile, sound) {
  const before = await sound(mutant.killedBy);
  if (before !== 'passed') return `the script fails without the fault: ${before}`;
  const after = await run(await bundle(outfile, mutant), mutant.killedBy);
  rmSync(outfile);
  return after === 'passed' ? 'nobody notices' : undefined;
}

mkdirSync(CACHE, { recursive: true });
const folder = mkdtempSync(join(CACHE, 'lunetta-mutants-'));
const chosen = TCP_MUTANTS.filter(({ what }) => what.includes(process.argv[2] ?? ''));
let survivors = 0;
try {
  const soundBundle = await bundle(join(folder, 'sound.mjs'), undefined);
  const verdicts = new Map();
  const sound = (script) => {
    if (!verdicts.has(script)) verdicts.set(script, run(soundBundle, script));
    return verdicts.get(script);
  };
  const queue = [...chosen.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, mutant] = next;
      const why = await survival(mutant, join(folder, `${index}.mjs`), sound).catch((error) => error.message);
      if (why !== undefined) survivors++;
      console.log(
        `${why === undefined ? 'killed  ' : 'SURVIVES'}  ${mutant.what} (${mutant.file}), by ${mutant.killedBy}`,
      );
      if (why !== undefined) console.log(`          ${why.trim().replaceAll('\n', '\n          ')}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (chosen.length === 0) console.log('no mutant has such a name');
console.log(`${chosen.length - survivors} killed, ${survivors} survive`);
process.exitCode = survivors === 0 && chosen.length > 0 ? 0 : 1;
