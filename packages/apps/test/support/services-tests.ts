import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import type { StackCounters } from 'lunetta';
import { nameOf, STACK, type KernelLink } from './kernel-link.js';
import type { LunettaProcess } from './lunetta-process.js';
import { NamespaceFixture } from './namespace-fixture.js';

const FLOOD = `${import.meta.dirname}/udp-flood.py`;
const TCP_CLIENT = `${import.meta.dirname}/tcp-client.py`;

/** What `lunetta services` prints on SIGUSR2. */
export interface ServicesCounters extends StackCounters {
  readonly services: Record<'echo' | 'discard', { datagrams: number; bytes: number; dropped: Record<string, number> }>;
}

/** What `lunetta services` does, whatever the link: only the words for the driver and its device are others. */
export function servicesTests(link: KernelLink): void {
  const fixture = new NamespaceFixture();
  const start = (): Promise<LunettaProcess> => fixture.lunettaOn(link, ['services'], /^ready .*\n/);

  test('says one line when it is ready, serves, prints counters, and ends cleanly on SIGTERM', async () => {
    const services = await start();
    const { netns } = fixture;
    expect(services.stdout).toBe(`ready ${STACK} on ${nameOf(link)}\n`);

    expect(netns.echo(STACK, 7, 0, 1, 17, 1472)).toBe('same\nsame\nsame\nsame\n');
    expect(netns.discard(STACK, 9, 100, 200)).toBe('nothing\nnothing\n');
    expect(netns.echo(STACK, 8, 1)).toBe('refused\n');
    expect(netns.exec('ping', '-c', '2', '-i', '0.2', '-W', '5', STACK)).toContain(' 0% packet loss');
    expect(netns.exec('python3', TCP_CLIENT, 'echo', STACK, '7', '3000000').trim()).toBe('same');

    const printed = await services.counters<ServicesCounters>();
    expect(printed).toMatchObject({
      services: {
        echo: { datagrams: 4, bytes: 1490, dropped: {} },
        discard: { datagrams: 2, bytes: 300 },
      },
      icmp: { echoRequestsAnswered: 2, errorsSent: 1 },
      udp: { delivered: 6, sent: 4, sockets: 3 },
      tcp: { accepted: 1 },
    });
    expect(printed.interfaces[0]).toMatchObject({ rx: { dropped: { 'udp.noPort': 1 } } });

    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(netns.devices.sort()).toEqual([...link.left].sort());
  });

  test('says so and exits 1 when its device is removed under load', async () => {
    const services = await start();
    const { netns } = fixture;
    const words = ['python3', FLOOD, STACK, '7', '1000000', '60'];
    const flood = spawn('ip', ['netns', 'exec', netns.name, ...words], { stdio: 'ignore' });
    const flooded = once(flood, 'exit');
    try {
      while ((await services.counters<ServicesCounters>()).services.echo.datagrams < 1000);
      netns.ip('link', 'del', link.ownDevice);
      const [, device] = nameOf(link).split(':');
      expect(await services.end()).toMatchObject({
        code: 1,
        signal: null,
        stderr: expect.stringMatching(
          `^lunetta: interface .*: its device ${device} was removed\\. Make it again and start anew\n$`,
        ),
      });
    } finally {
      flood.kill();
      await flooded;
    }
  });
}
