/**
 * bench:gate: has it become slower? Absolute speed says little on a machine that others use too, so only ratios are
 * looked at, of two things that take turns within one run: the stack to a reflector (a flat function in its place), on
 * the memory link, where nothing but JavaScript costs, and over TAP, where system calls do. `bench/gate.json` holds the
 * ratios of the committed code. A ratio below 0.7 of the committed one fails the gate (exit 1) and is named; since
 * noise makes a ratio worse far more often than better, the best of up to three attempts counts, and what passes is
 * not tried again. After a change that is meant to cost something, or that has made things quicker:
 * `npm run bench:gate -- --update` writes the file anew, to be committed with the change.
 *
 * `npm run bench:gate [-- --update] [-- --json]`. `--json` prints a line of JSON for each ratio: case, unit, value (the
 * best), min, max, ratios (to the committed one). Takes under a minute when nothing is amiss. Needs root.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report, round } from './report.js';
import { measureStack } from './stack.js';
import { inLab } from './tap/lab.js';
import { reflector, services } from './tap/peers.js';
import { figureOf, measureRounds } from './tap/rounds.js';

type Ratios = Map<string, number>;

const COMMITTED = fileURLToPath(new URL('../gate.json', import.meta.url));
const LEAST = 0.7;
const ATTEMPTS = 3;
const STACK_CASES = ['echo-64', 'echo-1400'];
const STACK_ECHOES = 60_000;
const TAP_SIZES = [64, 1400];
const TAP_PATIENCE = { rounds: 5, seconds: 0.7 };

const { values: flags } = parseArgs({
  options: { update: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
if (flags.update) update(await measureAll());
else judge(JSON.parse(readFileSync(COMMITTED, 'utf8')) as Record<string, number>, await attempts());

/** The ratios of stack to reflector, on the memory link and over TAP. */
async function measureAll(): Promise<Ratios> {
  process.env['LUNETTA_BENCH_ECHOES'] = String(STACK_ECHOES); // for the cases' own processes
  const ratios: Ratios = new Map();
  for (const { case: name, ratios: { reflector: ratio } = {} } of measureStack(STACK_CASES)) {
    ratios.set(`memory link ${name}`, ratio);
  }
  await inLab(async (lab) => {
    const peers = [await services('adaptive')(lab), await reflector(lab)];
    for (const size of TAP_SIZES) {
      const results = await measureRounds(lab, peers, () => ({ kind: 'flood', size }), TAP_PATIENCE);
      const figure = figureOf('', 'flood', results, 'lunetta adaptive', [{ peer: 'reflector' }]);
      ratios.set(`TAP echo-${size}`, figure.ratios!['reflector']);
    }
  });
  return ratios;
}

/** Measures until nothing fails any more, three times at most; every attempt's ratios. */
async function attempts(): Promise<Ratios[]> {
  const committed = JSON.parse(readFileSync(COMMITTED, 'utf8')) as Record<string, number>;
  const done: Ratios[] = [];
  do done.push(await measureAll());
  while (done.length < ATTEMPTS && Object.keys(committed).some((name) => best(done, name) < LEAST * committed[name]));
  return done;
}

function best(done: readonly Ratios[], name: string): number {
  return Math.max(...done.map((ratios) => ratios.get(name) ?? 0));
}

function update(ratios: Ratios): void {
  writeFileSync(COMMITTED, `${JSON.stringify(Object.fromEntries(ratios), null, 2)}\n`);
  console.log(`bench/gate.json now holds ${[...ratios].map(([name, ratio]) => `${name}: ${ratio}`).join(', ')}`);
}

function judge(committed: Record<string, number>, done: readonly Ratios[]): void {
  const names = Object.keys(committed);
  report(
    'gate',
    names.map((name) => {
      const all = done.map((ratios) => ratios.get(name) ?? 0);
      const value = best(done, name);
      const ratios = { committed: round(value / committed[name]) };
      return { case: name, unit: 'of the reflector', value, min: Math.min(...all), max: value, ratios };
    }),
  );
  for (const name of names) {
    const value = best(done, name);
    if (value >= LEAST * committed[name]) continue;
    process.exitCode = 1;
    console.error(
      `gate: ${name} is ${value} of the reflector, and was ${committed[name]}: it lost more than ` +
        `${Math.round((1 - LEAST) * 100)} % (best of ${done.length}). Find out why (npm run bench:stack, bench:tap), or ` +
        'say that it is meant: npm run bench:gate -- --update',
    );
  }
}
