import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One measured figure, as a program reads it: a line of JSON with `--json`, a line of `bench/results/NAME.jsonl`. */
export interface Figure {
  readonly case: string;
  readonly unit: string;
  /** The median. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** This figure against others of the same run. */
  readonly ratios?: Readonly<Record<string, number>>;
  /** Whatever else belongs to the figure. */
  readonly [more: string]: unknown;
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Minimum, median and maximum of some values. */
export function spread(values: readonly number[]): { value: number; min: number; max: number } {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A number with as many digits as are worth reading. */
export function round(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}

/** Writes `bench/results/NAME.jsonl`, and prints the figures: lines of JSON with `--json`, else a table. */
export function report(name: string, figures: readonly Figure[]): void {
  const lines = figures.map((figure) => JSON.stringify(figure));
  const folder = fileURLToPath(new URL('../results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.jsonl`, lines.map((line) => `${line}\n`).join(''));
  if (process.argv.includes('--json')) {
    for (const line of lines) console.log(line);
    return;
  }
  console.log(`${name}: node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}\n`);
  console.table(
    figures.map(({ case: name_, unit, value, min, max, ratios, ...more }) => ({
      case: name_,
      median: round(value),
      min: round(min),
      max: round(max),
      unit,
      ...Object.fromEntries(Object.entries(ratios ?? {}).map(([other, ratio]) => [`/ ${other}`, round(ratio)])),
      ...Object.fromEntries(Object.entries(more).filter(([, value_]) => typeof value_ !== 'object')),
    })),
  );
}
