import { expect, test } from '@jest/globals';
import { nameOf, STACK, type KernelLink } from './kernel-link.js';
import type { LunettaProcess } from './lunetta-process.js';
import { NamespaceFixture } from './namespace-fixture.js';

/** Begins the terminal's own words; a pattern does not take it as a literal. */
const ESCAPE = String.fromCharCode(0x1b);

/** What `lunetta echo` does, whatever the link: only the words for the driver and its device are others. */
export function echoTests(link: KernelLink): void {
  const fixture = new NamespaceFixture();

  const start = (said: RegExp, words: string[] = [], wrap: string[] = []): Promise<LunettaProcess> =>
    fixture.lunettaOn(link, ['echo', ...words], said, { wrap });

  test('answers, says what passes in a line a second, and ends on SIGINT', async () => {
    const echo = await start(/ends it\n$/);
    expect(echo.stdout).toBe(`UDP echo on ${STACK} port 7 (${nameOf(link)}); Ctrl-C ends it\n`);
    expect(fixture.netns.echo(STACK, 7, 0, 5, 1472)).toBe('same\nsame\nsame\n');
    await echo.output(
      /^datagrams echoed: 3 \(1477 bytes, \d+\/s\), pings answered: 0, dropped: 0; last from 10\.99\.0\.1:\d+\n/m,
    );
    echo.signal('SIGINT');
    expect(await echo.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(fixture.netns.devices.sort()).toEqual([...link.left].sort());
  });

  test('prints nothing but what is new, and the last numbers at the end', async () => {
    const echo = await start(/ends it\n/);
    expect(fixture.netns.exec('ping', '-c', '1', '-W', '5', STACK)).toContain(' 0% packet loss');
    echo.signal('SIGTERM');
    const { code, stdout } = await echo.end();
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      'datagrams echoed: 0 (0 bytes, 0/s), pings answered: 1, dropped: 0',
      '',
    ]);
  });

  test('--json: an object a line', async () => {
    const echo = await start(/ready.*\n/, ['--json']);
    expect(fixture.netns.echo(STACK, 7, 10, 20)).toBe('same\nsame\n');
    await echo.output(/"datagrams":2/);
    echo.signal('SIGINT');
    const { code, stdout } = await echo.end();
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [driver, device] = nameOf(link).split(':');
    expect(lines[0]).toEqual({ event: 'ready', address: STACK, port: 7, driver, device });
    expect(lines.at(-1)).toMatchObject({ event: 'passed', datagrams: 2, bytes: 30, pings: 0, dropped: 0 });
    expect(lines.at(-1)!['from']).toMatch(/^10\.99\.0\.1:\d+$/);
  });

  test('on a terminal one line is rewritten in place, and Ctrl-C ends it', async () => {
    const echo = await start(/ends it\r\n/, [], ['python3', `${import.meta.dirname}/on-terminal.py`]);
    expect(fixture.netns.echo(STACK, 7, 1, 2, 3)).toBe('same\nsame\nsame\n');
    await echo.output(new RegExp(`\\rdatagrams echoed: 3 \\(6 bytes, \\d+/s\\), [^\\r\\n]*:\\d+${ESCAPE}\\[K`));
    echo.signal('SIGINT');
    const { code, stdout } = await echo.end();
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(3); // what it is, the live line, the end
  });
}
