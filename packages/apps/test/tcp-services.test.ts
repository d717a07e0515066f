import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import type { LunettaProcess } from './support/lunetta-process.js';
import { NamespaceFixture } from './support/namespace-fixture.js';

const STACK = '10.99.0.2';
const KERNEL = '10.99.0.1';
const CLIENT = `${import.meta.dirname}/support/tcp-client.py`;

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(90_000);

async function endsCleanly(process: LunettaProcess): Promise<void> {
  process.signal('SIGTERM');
  expect(await process.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
}

describeTap('the TCP services, used by the kernel', () => {
  const fixture = new NamespaceFixture();
  const client = (...words: (string | number)[]): string =>
    fixture.netns.exec('python3', CLIENT, ...words.map(String)).trim();

  test('echo sends every byte back, goodbye closes first, the caller calls', async () => {
    const services = await fixture.services();
    expect(client('echo', STACK, 7, 1)).toBe('same');
    expect(client('echo', STACK, 7, 3_000_000)).toBe('same');
    expect(client('drain', STACK, 5013)).toBe('bye');
    expect(client('called', 4700, STACK, 5009)).toBe('hello same');
    expect((await services.counters()).tcp).toMatchObject({ timeWait: 1, accepted: 3, connected: 1, bufferBytes: 0 });
    await endsCleanly(services);
  });

  test('HTTP for curl: keep-alive, close, what is not there', async () => {
    const services = await fixture.services();
    const url = `http://${STACK}/`;
    const { netns } = fixture;
    expect(netns.exec('curl', '-s', '-m', '10', url)).toBe('hello from lunetta\n');
    const twice = netns.exec('curl', '-s', '-m', '10', '-w', '%{num_connects}', url, url);
    expect(twice).toBe('hello from lunetta\n1hello from lunetta\n0');
    const status = (...words: string[]): string =>
      netns.exec('curl', '-s', '-m', '10', '-o', '/dev/null', '-w', '%{http_code}', ...words);
    expect(status(`${url}other`)).toBe('404');
    expect(status('-X', 'DELETE', url)).toBe('405');
    expect(status('-H', 'Connection: close', '-I', url)).toBe('200');
    await endsCleanly(services);
  });

  test('a thousand connections at once, each with its own bytes', async () => {
    const services = await fixture.services();
    expect(client('many', STACK, 7, 1000)).toBe('1000');
    await endsCleanly(services);
  });

  test.each([[], ['-R'], ['-P', '4'], ['--bidir']])('iperf3 measures it: %s', async (...flags: string[]) => {
    const server = fixture.lunetta(['iperf3', '--json']);
    await server.output(/Ctrl-C/);
    const { netns } = fixture;
    const report = JSON.parse(netns.exec('iperf3', '-c', STACK, '-t', '1', '--json', ...flags)) as {
      error?: string;
      end: Record<'sum_sent' | 'sum_received', { bytes: number }>;
    };
    expect(report.error).toBeUndefined();
    expect(report.end.sum_sent.bytes).toBeGreaterThan(100_000);
    expect(report.end.sum_received.bytes).toBeGreaterThan(100_000);
    await endsCleanly(server);
  });

  test('iperf3, which takes whole blocks only, is told by the end of the stream that no more of one comes', async () => {
    const server = fixture.lunetta(['iperf3', '--json']);
    await server.output(/Ctrl-C/);
    expect(client('reverse', STACK, 5201)).toBe('[9, 10, 1, 2, 13] True True');
    server.signal('SIGTERM');
    await server.end();
  });

  test('nc takes a connection and shows what comes', async () => {
    const server = fixture.lunetta(['nc', '-v', '--listen', '4000']);
    await server.note(/listening/);
    const { netns } = fixture;
    const nc = spawn('ip', ['netns', 'exec', netns.name, 'nc', '-N', '-w', '10', STACK, '4000'], { stdio: 'pipe' });
    nc.stdin.end('from the kernel\n');
    await server.output(/from the kernel\n/);
    await once(nc, 'close');
    expect(await server.end()).toMatchObject({ code: 0 });
  });

  test('nc says when nobody listens', async () => {
    expect(await fixture.lunetta(['nc', KERNEL, '4001']).end()).toMatchObject({
      code: 1,
      stderr: 'lunetta: nc: ECONNREFUSED\n',
    });
  });
});
