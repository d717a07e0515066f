import { readFileSync } from 'node:fs';
import { LunettaError } from '@lunetta/core';
import type { CaptureWriter } from '@lunetta/driver-pcap';
import type { z } from 'zod';
import { fromHex } from './recorded-values.js';
import { runHeader, runRecord, type RunHeader, type RunRecord } from './run-record.js';

/** A recorded run: what the stack was made of, and what crossed its border, in order. */
export interface Recording {
  readonly header: RunHeader;
  readonly records: readonly RunRecord[];
}

/** @throws LunettaError `LUNETTA_ERR_CAPTURE` with the line that is wrong */
export function readRecording(path: string): Recording {
  return parseRecording(readFileSync(path, 'utf8'), path);
}

/** As {@link readRecording}; `name` is for messages. */
export function parseRecording(text: string, name = 'recording'): Recording {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const header = parseLine(runHeader, lines[0] ?? '', name, 1);
  const records = lines.slice(1).map((line, i) => parseLine(runRecord, line, name, i + 2));
  return { header, records };
}

/**
 * Writes the frames of a run to a capture; the calls of the application stand as comments at the frame after them. The
 * times are those of the stack's clock.
 */
export function writeCapture({ records }: Recording, writer: CaptureWriter): void {
  const interfaces = new Map<string, number>();
  let calls: string[] = [];
  for (const record of records) {
    if ('call' in record) calls.push(`${record.call}(${record.args.map((arg) => JSON.stringify(arg)).join(', ')})`);
    if (!('poll' in record)) continue;
    const { poll: name, tx = [], rx = [] } = record;
    const iface = interfaces.get(name) ?? writer.addInterface({ name });
    interfaces.set(name, iface);
    const write = (hex: string, direction: 'in' | 'out'): void => {
      const bytes = fromHex(hex);
      const comment = calls.length > 0 ? calls.join('\n') : undefined;
      writer.writePacket(iface, record.t, bytes, 0, bytes.length, { direction, comment });
      calls = [];
    };
    for (const frame of tx) write(frame, 'out');
    for (const frame of rx) write(typeof frame === 'string' ? frame : frame.frame, 'in');
  }
  writer.flush();
}

function parseLine<T>(schema: z.ZodType<T>, line: string, name: string, number: number): T {
  const wrong = (what: string): LunettaError => {
    return new LunettaError('LUNETTA_ERR_CAPTURE', `${name}: line ${number}: ${what}; is it a recording of a run?`);
  };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const { data, error } = schema.safeParse(value);
  if (error !== undefined) throw wrong(`'${line.slice(0, 80)}' does not fit: ${error.issues[0]?.message}`);
  return data;
}
