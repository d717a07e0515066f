import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { runLunetta } from './support/lunetta-process.js';

// A process is started for each, which on a busy machine takes its time.
jest.setTimeout(60_000);

const SCRIPTS = fileURLToPath(new URL('../../testkit/drill', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lunetta-drill-'));
afterAll(() => rmSync(folder, { recursive: true }));

function script(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const GOOD = '0 < udp (10)\n+0 > icmp unreachable port_unreachable [udp (10)]\n';

describe('lunetta drill', () => {
  test('runs every script of a folder', async () => {
    const { code, stdout, stderr } = await runLunetta('drill', join(SCRIPTS, 'udp'), join(SCRIPTS, 'icmp'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^passed {2}.*blocking-receive\.pkt$/m);
    expect(stdout).toMatch(/\n\d+ passed, 0 failed\n$/);
  });

  test('shows what differs, and goes on with the others', async () => {
    const bad = script('bad.pkt', '0 < udp (10)\n+0 > icmp unreachable port_unreachable [udp (11)]\n');
    const { code, stdout } = await runLunetta('drill', bad, script('good.pkt', `\`echo hi\`\n${GOOD}`));
    expect(code).toBe(1);
    const difference = ['  +0 > icmp unreachable port_unreachable [udp (11)]', `${' '.repeat(47)}^`];
    expect(stdout).toContain([`failed  ${bad}:2:46: the packet differs in quotedLength`, ...difference].join('\n'));
    expect(stdout).toMatch(/good\.pkt\n {8}left out: echo hi\n1 passed, 1 failed\n$/);
  });

  test('a script that cannot be read, or is not there, is wrong usage', async () => {
    const broken = script('broken.pkt', '0 < udp 10\n');
    expect(await runLunetta('drill', broken)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(`${broken}:1:9: '(' is missing: the length of the payload`),
    });
    expect(await runLunetta('drill', join(folder, 'none.pkt'))).toMatchObject({
      code: 2,
      stderr: `lunetta: ${join(folder, 'none.pkt')} does not exist\n`,
    });
  });

  test('leaves the packets in a capture, and speaks JSON', async () => {
    const capture = join(folder, 'packets.pcapng');
    const { code, stdout } = await runLunetta('drill', '--json', '--capture', capture, script('good.pkt', GOOD));
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { event: 'script', passed: true },
      { event: 'summary', passed: 1, failed: 0 },
    ]);
    expect(readFileSync(capture).readUInt32BE(0)).toBe(0x0a0d0d0a);
  });
});
