import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import type { LunettaProcess } from './support/lunetta-process.js';
import { NamespaceFixture } from './support/namespace-fixture.js';

const STACK = '10.99.0.2';
const CLIENT = `${import.meta.dirname}/support/tcp-client.py`;
const MTU_FRAME = 1514;

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(90_000);

describeTap('TCP in pieces of up to 64 KiB between us and the kernel', () => {
  const fixture = new NamespaceFixture();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-offload-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function services(options: object): Promise<LunettaProcess> {
    const config = join(folder, 'lunetta.config.json');
    const lan = { name: 'lan', driver: 'tap', addresses: [`${STACK}/24`] };
    const device = { device: 'lun0', up: true, hostAddress: '10.99.0.1/24', ...options };
    writeFileSync(config, JSON.stringify({ interfaces: [{ ...lan, options: device }] }));
    return await fixture.services('--config', config);
  }

  const echo = (bytes: number): string =>
    fixture.netns.exec('python3', CLIENT, 'echo', STACK, '7', String(bytes)).trim();

  test('every byte arrives both ways, in frames longer than the MTU', async () => {
    const running = await services({});
    expect(echo(20_000_000)).toBe('same');
    const { rx, tx } = (await running.counters()).interfaces[0];
    expect(rx.bytes / rx.frames).toBeGreaterThan(MTU_FRAME);
    expect(tx.bytes / tx.sent).toBeGreaterThan(MTU_FRAME);
    expect(rx.dropped).not.toHaveProperty('tcp.badChecksum');
  });

  test('without offloads in frames of the MTU', async () => {
    const running = await services({ offloads: false });
    expect(echo(2_000_000)).toBe('same');
    const { rx, tx } = (await running.counters()).interfaces[0];
    expect(rx.bytes / rx.frames).toBeLessThan(MTU_FRAME);
    expect(tx.bytes / tx.sent).toBeLessThan(MTU_FRAME);
  });

  test('and Wireshark finds nothing wrong with them', async () => {
    const running = await services({});
    const capture = join(folder, 'lun0.pcapng');
    const { netns } = fixture;
    const script = `tshark -q -i lun0 -f tcp -B 64 -a duration:4 -w ${capture} 2>/dev/null & sleep 2
      python3 ${CLIENT} echo ${STACK} 7 300000; wait`;
    expect(netns.exec('sh', '-c', script).trim()).toBe('same');
    const longest = Math.max(
      ...netns.exec('tshark', '-r', capture, '-T', 'fields', '-e', 'frame.len').trim().split('\n').map(Number),
    );
    expect(longest).toBeGreaterThan(MTU_FRAME);
    const filter = '_ws.expert.severity >= "Warning" && ip.src == 10.99.0.2';
    expect(netns.exec('tshark', '-r', capture, '-Y', filter)).toBe('');
    running.signal('SIGTERM');
    expect(await running.end()).toMatchObject({ code: 0 });
  });
});
