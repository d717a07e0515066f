/**
 * bench:pcap: captures. Reading 200 MB of 64-byte frames with our reader, of each format, and for the classic one beside
 * pcap-parser in turn in one process; echo requests out of a capture through the whole stack and its public API, as fast
 * as possible, the answers written to another capture; a day of an idle LAN of 100 stacks, in virtual time. A process a
 * case; captures are made in the temporary folder and removed. All is measured in the processor's time of its process
 * (the kernel's work and the collector's included): what else runs on the machine is then no part of the figure;
 * `byTheClock` is the same by the clock on the wall.
 *
 * `npm run bench:pcap [-- --json] [-- CASE...]`. `--json` prints a line of JSON for each figure: case, unit, value, min,
 * max, ratios, packets, goal and whether it is met.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { report, type Figure } from './report.js';

const CHILD = fileURLToPath(new URL('pcap/pcap-case.js', import.meta.url));

function child(argument: string): string {
  return execFileSync(process.execPath, [CHILD, argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const names = asked.length > 0 ? asked : (JSON.parse(child('--list')) as string[]);
report(
  'pcap',
  names.flatMap((name) => JSON.parse(child(name)) as Figure[]),
);
