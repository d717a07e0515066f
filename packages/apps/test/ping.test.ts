import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { NamespaceFixture } from './support/namespace-fixture.js';

const KERNEL = '10.99.0.1';

describeTap('lunetta ping', () => {
  const fixture = new NamespaceFixture();

  test('reaches the kernel and tells the round trip times', async () => {
    const { code, stdout, stderr } = await fixture
      .lunetta(['ping', KERNEL, '-c', '3', '-i', '0.05', '-s', '1000'])
      .end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    for (let sequence = 1; sequence <= 3; sequence++) {
      expect(lines[sequence - 1]).toMatch(
        new RegExp(`^1000 bytes from 10\\.99\\.0\\.1: seq=${sequence} ttl=64 time=\\d+\\.\\d{3} ms$`),
      );
    }
    expect(lines[3]).toMatch(/^3 sent, 3 received; round trip min\/avg\/max [\d.]+\/[\d.]+\/[\d.]+ ms$/);
  });

  test('--json: an object a ping, and a summary whose numbers are those of the pings', async () => {
    const { code, stdout } = await fixture.lunetta(['ping', KERNEL, '-c', '3', '-i', '0.01', '--json']).end();
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(lines.map(({ event }) => event)).toEqual(['ping', 'ping', 'ping', 'summary']);
    const times = lines.slice(0, 3).map(({ rttUs }) => rttUs);
    expect(lines[3]).toEqual({
      event: 'summary',
      address: KERNEL,
      sent: 3,
      received: 3,
      minUs: Math.min(...times),
      avgUs: Math.round(times.reduce((sum, us) => sum + us) / 3),
      maxUs: Math.max(...times),
    });
  });

  test.each([
    ['nobody there', '10.99.0.77', [], 'ETIMEDOUT'],
    ['no way there', '192.0.2.1', [], 'ENETUNREACH'],
    ['no address', 'example.com', [], 'EINVAL'],
  ])('%s: the code, and exit code 1', async (_, address, flags, code) => {
    const ended = await fixture.lunetta(['ping', address, '-c', '1', '-W', '0.3', ...flags]).end();
    expect(ended).toMatchObject({
      code: 1,
      stdout: `${address}: seq=1 ${code}\n1 sent, 0 received\n`,
      stderr: '',
    });
  });

  test('goes on until Ctrl-C, and then tells the sum', async () => {
    const ping = fixture.lunetta(['ping', KERNEL, '-i', '0.02']);
    await ping.output(/seq=5 /);
    ping.signal('SIGINT');
    const { code, stdout } = await ping.end();
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n(\d+) sent, \1 received; round trip [^\n]*\n$/);
  });

  test('says so and exits 1 when its device is removed', async () => {
    const ping = fixture.lunetta(['ping', KERNEL, '-i', '0.02']);
    await ping.output(/seq=2 /);
    fixture.netns.exec('ip', 'link', 'del', 'lun0');
    expect(await ping.end()).toMatchObject({ code: 1, stderr: expect.stringContaining('its device lun0 was removed') });
  });
});
