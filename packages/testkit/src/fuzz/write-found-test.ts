import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ethernet, ipv4 } from '@lunetta/core';
import { FileSink, PcapngWriter } from '@lunetta/driver-pcap';
import { describePacket } from '../packets/packet-text.js';
import { toHex } from '../recording/recorded-values.js';
import type { FuzzStep } from './fuzz-step.js';

/** Bytes of hexadecimal in a line. */
const LINE = 48;

/** Where a found case goes, and how its test gets at the property. */
export interface FoundTestOptions {
  /** The folder for the test and the capture; made if it is not there. */
  readonly folder: string;
  /** The name under which `module` exports the property: a function of the steps that throws when it does not hold. */
  readonly property: string;
  /** How a file in `folder` imports it, such as `../support/stack-survives.js`. */
  readonly module: string;
}

/** The files of a found case. */
export interface FoundTest {
  readonly test: string;
  readonly capture: string;
}

/**
 * Writes steps that break a property as a jest test, and their frames as a capture beside it. The same steps always go
 * to the same files.
 *
 * @param origin how it was found, in one line
 */
export function writeFoundTest(steps: readonly FuzzStep[], origin: string, options: FoundTestOptions): FoundTest {
  const { folder, property, module } = options;
  const lines = steps.map(stepLines).join('');
  const name = createHash('sha256').update(`${property}${lines}`).digest('hex').slice(0, 8);
  mkdirSync(folder, { recursive: true });
  const test = join(folder, `${name}.test.ts`);
  const capture = join(folder, `${name}.pcapng`);
  writeFileSync(
    test,
    `// Found by fuzzing: ${origin}. The frames are in ${name}.pcapng.
import { test } from '@jest/globals';
import { frameFromHex } from '@lunetta/testkit';
import { ${property} } from '${module}';

// prettier-ignore
const steps = [
${lines}] as const;

test('${property} holds for ${name}', () => ${property}(steps));
`,
  );
  writeFrames(steps, capture);
  return { test, capture };
}

function stepLines(step: FuzzStep): string {
  if (!('frame' in step)) return `  { afterUs: ${step.afterUs}, call: ${JSON.stringify(step.call)} },\n`;
  const pieces = piecesOf(step.frame).map((piece) => `    '${toHex(piece)}',\n`);
  return (
    `  // ${describePacket(step.frame)}\n` +
    `  { afterUs: ${step.afterUs}, frame: frameFromHex(\n${pieces.join('')}  ) },\n`
  );
}

/** The frame header by header, the rest in lines. */
function piecesOf(frame: Uint8Array): Uint8Array[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const at = ethernet.HEADER_LENGTH;
  const ends = [at];
  if (ipv4.fits(at, frame.length) && ethernet.ethertype(view, 0) === ethernet.ETHERTYPE_IPV4) {
    const headerLength = Math.max(ipv4.headerLength(view, at), ipv4.MIN_HEADER_LENGTH);
    ends.push(at + headerLength, at + headerLength + 8);
  }
  for (let end = ends.at(-1)! + LINE; end < frame.length; end += LINE) ends.push(end);
  const inside = ends.filter((end) => end < frame.length);
  return [...inside, frame.length].map((end, i) => frame.subarray(i === 0 ? 0 : inside[i - 1], end));
}

function writeFrames(steps: readonly FuzzStep[], path: string): void {
  const writer = new PcapngWriter(new FileSink(path));
  try {
    const iface = writer.addInterface({ name: 'found' });
    let timeUs = 0;
    for (const step of steps) {
      timeUs += step.afterUs;
      if ('frame' in step) writer.writePacket(iface, timeUs, step.frame, 0, step.frame.length, { direction: 'in' });
    }
  } finally {
    writer.close();
  }
}
